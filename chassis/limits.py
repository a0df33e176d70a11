"""How much of everything is taken from strangers: each limit by its name, in one place; `docs/strangers.md` lists them.

Units stand in the names: `_S` seconds, `_MS` milliseconds, `_BYTES`; lengths are in characters, all others are counts.
What is over a limit is refused with a problem document that says which; nothing is cut short silently.
"""

from typing import Final

# --- one request ---

BODY_BYTES_MAX: Final = 1_048_576
HEADER_BYTES_MAX: Final = 32_768
HEADERS_MAX: Final = 100
TARGET_BYTES_MAX: Final = 8_192
NESTING_MAX: Final = 32
LENGTH_DIGITS_MAX: Final = 18

# --- time, and how many at once ---

HEAD_WITHIN_S: Final = 10.0
BODY_WITHIN_S: Final = 30.0
ANSWER_WITHIN_S: Final = 30.0
IDLE_CONNECTION_WITHIN_S: Final = 5
CONNECTIONS_MAX: Final = 1_000
BACKLOG_MAX: Final = 2_048
COMMANDS_WAITING_MAX: Final = 10_000
LISTENERS_MAX: Final = 300
LISTENED_WITHIN_S: Final = 300.0

# --- how often somebody without a name may look things up or try a password, for each address ---

UNSOLICITED_BURST: Final = 30
UNSOLICITED_PER_MINUTE: Final = 30
CALLERS_REMEMBERED_MAX: Final = 10_000

# --- texts and lists ---

KEY_LENGTH_MAX: Final = 255
VERSION_DIGITS_MAX: Final = 18
QUERY_LENGTH_MAX: Final = 200
PAGE_ITEMS: Final = 50
PAGE_ITEMS_MAX: Final = 500
WORD_LENGTH_MAX: Final = 64
CODE_LENGTH_MAX: Final = 40
AGENCY_LENGTH_MAX: Final = 35
IDENTIFIER_LENGTH_MAX: Final = 20
REFERENCE_LENGTH_MAX: Final = 100
NAME_LENGTH_MAX: Final = 200
ADDRESS_LENGTH_MAX: Final = 300
PHONE_LENGTH_MAX: Final = 20
EMAIL_LENGTH_MAX: Final = 200
NOTE_LENGTH_MAX: Final = 2_000
CITATION_LENGTH_MAX: Final = 200
DOCUMENT_NUMBER_LENGTH_MAX: Final = 100
SIGNER_LENGTH_MAX: Final = 100
COMPONENTS_MAX: Final = 100
OPTIONS_MAX: Final = 20
FACTS_MAX: Final = 50
NOTICE_LINES_MAX: Final = 50
SCANNED_CODES_MAX: Final = 100
PORTAL_ITEMS_MAX: Final = 100
PORTAL_ATTACHMENTS_MAX: Final = 200
PORTAL_TEXT_LENGTH_MAX: Final = 4_000

# --- what is said back ---

INVALID_PARAMS_MAX: Final = 50
ECHO_LENGTH_MAX: Final = 200

# --- what comes in a gateway's name and is not its word ---

GATEWAY_NOTICE_BYTES_MAX: Final = 8_192
FORGED_NOTICES_KEPT_PER_DAY_MAX: Final = 1_000
FORGED_NOTICES_KEPT_MAX: Final = 20_000

# --- files ---

FILE_BYTES_MAX: Final = 20_971_520
FILE_CHUNK_BYTES: Final = 65_536
FILE_PART_BYTES_MAX: Final = 1_048_576
FILE_NAME_LENGTH_MAX: Final = 255
DOSSIER_FILES_MAX: Final = 200
DOSSIER_FILES_BYTES_MAX: Final = 209_715_200
UPLOADED_BYTES_PER_DAY_MAX: Final = 524_288_000
UPLOADS_UNUSED_MAX: Final = 200
UPLOADS_UNUSED_BYTES_MAX: Final = 5_368_709_120
UPLOAD_UNUSED_WITHIN_S: Final = 86_400
