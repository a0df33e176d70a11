"""The accounts that money moves between, and the bookings that move it. A sum over all of them is always zero.

Law: Luật Phí và lệ phí 97/2015/QH13; NĐ 347/2025/NĐ-CP (treasury, refunds; before it NĐ 11/2020/NĐ-CP).

What an account holds is positive when somebody owes us or we hold money, negative when we earned it or owe it:

| account | Vietnamese | holds |
|---|---|---|
| `receivable:{owed}` | phải thu của hồ sơ | what the applicant still owes |
| `revenue:{agency}` | phí, lệ phí thu được | what the agency has earned (negative) |
| `budget:{agency}` | thu ngân sách nhà nước theo thông báo thuế | what tax notices ask for the state (negative) |
| `clearing:{gateway}` | tiền chờ quyết toán tại cổng thanh toán | taken by a gateway, not yet with the treasury |
| `cash:{agency}` | tiền mặt tại Bộ phận Một cửa | taken at the desk, not yet with the treasury |
| `refund_owed:{owed}` | phải hoàn cho người nộp | what must go back (negative) |
| `treasury` | kho bạc | what the treasury holds for us; negative when it paid refunds before deposits reached it |

`owed` is the dossier's reference for its fee, and `{ref}/{step}` for the tax notice that a step issued.
"""

from kernel.money import Posting, transfer

TREASURY = "treasury"


def owed(ref: str, step: str) -> str:
    """Return what tells the obligations of a dossier apart: the fee has no step."""
    return f"{ref}/{step}" if step else ref


def receivable(owed: str) -> str:
    return f"receivable:{owed}"


def revenue(agency: str) -> str:
    return f"revenue:{agency}"


def budget(agency: str) -> str:
    return f"budget:{agency}"


def clearing(gateway: str) -> str:
    return f"clearing:{gateway}"


def cash(agency: str) -> str:
    return f"cash:{agency}"


def refund_owed(owed: str) -> str:
    return f"refund_owed:{owed}"


def raised(owed: str, earned: str, amount_vnd: int) -> tuple[Posting, ...]:
    """What the applicant now owes is earned: by an agency (`revenue`), or by the state (`budget`)."""
    return transfer(earned, receivable(owed), amount_vnd)


def taken_back(owed: str, earned: str, amount_vnd: int) -> tuple[Posting, ...]:
    """Nothing was paid and nothing is owed any more."""
    return transfer(receivable(owed), earned, amount_vnd)


def paid(owed: str, into: str, amount_vnd: int) -> tuple[Posting, ...]:
    """The applicant's debt became money in `into` (a clearing or cash account)."""
    return transfer(receivable(owed), into, amount_vnd)


def paid_for_nothing(owed: str, into: str, amount_vnd: int) -> tuple[Posting, ...]:
    """Money came into `into` that nobody owed: it is the payer's."""
    return transfer(refund_owed(owed), into, amount_vnd)


def given_back(owed: str, earned: str, amount_vnd: int) -> tuple[Posting, ...]:
    """The law gives back what was paid: what was earned is owed to the payer."""
    return transfer(refund_owed(owed), earned, amount_vnd)


def refund_paid(owed: str, amount_vnd: int) -> tuple[Posting, ...]:
    """The treasury paid the payer back."""
    return transfer(TREASURY, refund_owed(owed), amount_vnd)
