"""A province with dossiers at every point of their way, and who may knock at its doors."""

import hashlib
from pathlib import Path
from typing import Any, Final

from tests.borders.province import APPLICANT, OTHER_DESK, PROCEDURE, RECEIVER, STEP, Header, Province

PDF: Final = b"%PDF-1.7\nmot tep nho\n%%EOF\n"
RAW: Final = "application/octet-stream"


class Played:
    """The province, the parts of addresses that lead somewhere, and the header of each kind of caller."""

    def __init__(self, data: Path) -> None:
        province = self.province = Province(data)
        self.file = self.uploaded()
        components = province.submission()["components"]
        components[0]["file"] = self.file
        self.refs = (
            province.submitted(components=components),
            province.submitted(hand_out_by="post", hand_out_to=RECEIVER),
            province.accepted(),
            province.acknowledged(),
            province.resolved(),
        )
        self.codes = tuple(province.code_of(ref) for ref in self.refs[2:])
        self.parts: dict[str, tuple[str, ...]] = {
            "ref": (*self.refs, *self.codes),
            "step": (STEP,),
            "leg": ("delivery", "collection"),
            "purpose": ("visit", "delivery"),
            "component": ("declaration",),
            "file": (self.file,),
            "upload": (self.uploaded(),),
            "procedure": (PROCEDURE,),
            "person": (province.person(APPLICANT["personal_id"]),),
            "service": ("intake", "routing"),
            "digest": (hashlib.sha256(b"").hexdigest(),),
        }
        self.callers: dict[str, Header] = {
            "nobody": {},
            "applicant": province.applicant,
            "stranger": province.stranger,
            "desk": province.desk,
            "other_desk": province.token("desk_officer", agency=OTHER_DESK),
            "officer": province.officer,
            "postman": province.postman,
            "accountant": province.accountant,
            "inspector": province.inspector,
            "system": province.system,
        }

    def uploaded(self) -> str:
        """Bring a small file wholly and return its id."""
        declared: dict[str, Any] = {
            "name": "to khai.pdf", "size": len(PDF), "sha256": hashlib.sha256(PDF).hexdigest(),
            "media_type": "application/pdf",
        }  # fmt: skip
        id = str(self.province.post("/api/v1/uploads", self.province.desk, declared).json()["id"])
        sent = self.province.client.request(
            "PATCH", f"/api/v1/uploads/{id}", content=PDF,
            headers={**self.province.desk, "Upload-Offset": "0", "Content-Type": RAW},
        )  # fmt: skip
        assert sent.json()["complete"], sent.text
        return id

    def close(self) -> None:
        self.province.close()
