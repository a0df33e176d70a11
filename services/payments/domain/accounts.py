"""The accounts that money moves between, and the bookings that move it. A sum over all of them is always zero.

Law: Luật Phí và lệ phí 97/2015/QH13; NĐ 347/2025/NĐ-CP (treasury, refunds; before it NĐ 11/2020/NĐ-CP).

What an account holds is positive when somebody owes us or we hold money, negative when we earned it or owe it:

| account | Vietnamese | holds |
|---|---|---|
| `receivable:{ref}` | phải thu của hồ sơ | what the applicant still owes |
| `revenue:{agency}` | phí, lệ phí thu được | what the agency has earned (negative) |
| `clearing:{gateway}` | tiền chờ quyết toán tại cổng thanh toán | taken by a gateway, not yet with the treasury |
| `cash:{agency}` | tiền mặt tại Bộ phận Một cửa | taken at the desk, not yet with the treasury |
| `refund_owed:{ref}` | phải hoàn cho người nộp | what must go back (negative) |
| `treasury` | kho bạc | what the treasury holds for us; negative when it paid refunds before deposits reached it |
"""

from kernel.money import Posting, transfer

TREASURY = "treasury"


def receivable(ref: str) -> str:
    return f"receivable:{ref}"


def revenue(agency: str) -> str:
    return f"revenue:{agency}"


def clearing(gateway: str) -> str:
    return f"clearing:{gateway}"


def cash(agency: str) -> str:
    return f"cash:{agency}"


def refund_owed(ref: str) -> str:
    return f"refund_owed:{ref}"


def fee_raised(ref: str, agency: str, amount_vnd: int) -> tuple[Posting, ...]:
    """The agency earns what the applicant now owes."""
    return transfer(revenue(agency), receivable(ref), amount_vnd)


def fee_taken_back(ref: str, agency: str, amount_vnd: int) -> tuple[Posting, ...]:
    """Nothing was paid and nothing is owed any more."""
    return transfer(receivable(ref), revenue(agency), amount_vnd)


def fee_paid(ref: str, into: str, amount_vnd: int) -> tuple[Posting, ...]:
    """The applicant's debt became money in `into` (a clearing or cash account)."""
    return transfer(receivable(ref), into, amount_vnd)


def paid_for_nothing(ref: str, into: str, amount_vnd: int) -> tuple[Posting, ...]:
    """Money came into `into` that nobody owed: it is the payer's."""
    return transfer(refund_owed(ref), into, amount_vnd)


def fee_given_back(ref: str, agency: str, amount_vnd: int) -> tuple[Posting, ...]:
    """The fee schedule gives a paid fee back: what was earned is owed to the payer."""
    return transfer(refund_owed(ref), revenue(agency), amount_vnd)


def refund_paid(ref: str, amount_vnd: int) -> tuple[Posting, ...]:
    """The treasury paid the payer back."""
    return transfer(TREASURY, refund_owed(ref), amount_vnd)
