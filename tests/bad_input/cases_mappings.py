# ruff: noqa: E501  (one case a line)
"""Mappings that do not fit their file, and paths that lead nowhere or out: the stream is reported, the rest goes on."""

from __future__ import annotations

from cases import Case

HEADER = "Ticket ID,Subject,Body,Created,User\n1,Sync fails,It fails,2026-01-01,ann\n"
IDS = 'columns = { id = "Ticket ID" }'


def _mapping(name: str, mapping: str, says: str, *, stream: str = "tickets") -> Case:
    toml = f'[sources.export.streams.{stream}]\npath = "export.csv"\n{mapping}\n'
    return (
        Case(name, toml, f"sources.export.streams.{stream}", "problem")
        if not says
        else Case(name, toml, says, "problem")
    )


def _path(name: str, path: str, says: str) -> Case:
    return Case(name, f'[sources.export.streams.tickets]\npath = "{path}"\n{IDS}\n', says, "problem")


MAPPINGS = [
    _mapping("a misspelt column", 'columns = { id = "Ticket IDD" }', "the file has no column 'Ticket IDD'. Did you mean 'Ticket ID'?"),
    _mapping("a column in other letters", 'columns = { id = "ticket id" }', "the file has no column 'ticket id'. Did you mean 'Ticket ID'?"),
    _mapping("a column with a space too many", 'columns = { id = "Ticket ID " }', "the file has no column 'Ticket ID '. Did you mean 'Ticket ID'?"),
    _mapping("a column like none of the file", 'columns = { id = "zzz" }', "the file has no column 'zzz'. There are: Ticket ID, Subject, Body, Created, User."),
    _mapping("a column without a name", 'columns = { id = "" }', "the file has no column ''. There are: Ticket ID, Subject, Body, Created, User."),
    _mapping("a second column that is not there", 'columns = { id = "Ticket ID", subject = "Subjekt" }', "the file has no column 'Subjekt'. Did you mean 'Subject'?"),
    _mapping("a misspelt field of ours", 'columns = { id = "Ticket ID", subjct = "Subject" }', "tickets have no field 'subjct'. Did you mean 'subject'?"),
    _mapping("a field of another stream", 'columns = { id = "Ticket ID", author_role = "User" }', "tickets have no field 'author_role'. There are: id, subject, description, status,"),
    _mapping("a mapping the wrong way round", 'columns = { "Ticket ID" = "id" }', "tickets have no field 'Ticket ID'. There are: id, subject,"),
    _mapping("a constant for a field that is not there", f'{IDS}\nconstants = {{ chanel = "email" }}', "tickets have no field 'chanel'. Did you mean 'channel'?"),
    _mapping("values for a field that is not there", f'{IDS}\nvalues = {{ statsu = {{ Done = "solved" }} }}', "tickets have no field 'statsu'. Did you mean 'status'?"),
    _mapping("a filter by a column that is not there", f'{IDS}\nfilter = {{ Usr = "ann" }}', "the file has no column 'Usr'. Did you mean 'User'?"),
    _mapping("a version in a column that is not there", f'{IDS}\nversion_column = "Creatd"', "the file has no column 'Creatd'. Did you mean 'Created'?"),
    _mapping("tickets without a mapping", "", "export.csv): nothing is mapped to 'id'. The file's columns are: Ticket ID,"),
    _mapping("tickets without an id, and what there is", 'columns = { subject = "Subject" }', "nothing is mapped to 'id'. The file's columns are: Ticket ID, Subject, Body, Created, User."),
    _mapping("messages without an id", 'columns = { ticket_id = "Ticket ID" }', "export.csv): nothing is mapped to 'id'. The file's columns are: Ticket ID,", stream="messages"),
    _mapping("messages without their ticket", IDS, "nothing is mapped to 'ticket_id'. The file's columns are: Ticket ID, Subject,", stream="messages"),
    _mapping("articles without an id", 'columns = { title = "Subject" }', "nothing is mapped to 'id'. The file's columns are:", stream="articles"),
    _mapping("users without an id", 'columns = { name = "User" }', "nothing is mapped to 'id'. The file's columns are:", stream="users"),
    _mapping("organizations without an id", 'columns = { name = "User" }', "nothing is mapped to 'id'. The file's columns are:", stream="organizations"),
    _mapping("a format that the ending does not name", f'{IDS}\n[sources.export.streams.users]\npath = "export.xlsx"', 'export.xlsx has the ending .xlsx, which names no format we read. Say which it is: format = "csv", "jsonl" or "parquet".'),
]  # fmt: skip

PATHS = [
    _path("a file that is not there", "nowhere.csv", "nowhere.csv. Check path in groundswell.toml; it is taken from where that is."),
    _path("a glob that finds nothing", "exports/*.csv", "exports/*.csv. Check path in groundswell.toml; it is taken from where that is."),
    _path("a folder", "folder", "folder is no file. Name a file, or the files of a folder, such as exports/*.csv"),
    _path("a device", "/dev/zero", "/dev/zero is no file. Name a file, or the files of a folder, such as exports/*.csv"),
    _path("a pipe that nobody writes to", "pipe.csv", "pipe.csv is no file. Name a file,"),
    _path("a way out of the configuration's folder", "../outside/secret.csv", "secret.csv lies outside of"),
    _path("a way out and in again", "folder/../../outside/secret.csv", "If it is meant, write its absolute path."),
    _path("a link that leads out", "link.csv", "link.csv lies outside of"),
    _path("a glob that begins outside", "../outside/*.csv", "secret.csv lies outside of"),
    _path("a glob that finds a link that leads out", "drop/*.csv", "drop/trojan.csv lies outside of"),
    _path("an absolute glob that finds a link that leads out", "{folder}/drop/*.csv", "drop/trojan.csv lies outside of"),
    _path("an address that climbs out", "memory://exports/../../secret.csv", "Check path in groundswell.toml"),
    _path("an address of a file that is not there", "file://{folder}/nowhere.csv", "nowhere.csv. Check path in groundswell.toml"),
    _path("an address that needs what is not installed", "s3://bucket/tickets.csv", "s3://bucket/tickets.csv cannot be opened here: Install s3fs to access S3. Install what it names."),
]  # fmt: skip

CASES = [*MAPPINGS, *PATHS]
