"""Peers of our own making around a library (go_peer.go, java_peer.java) speak in lines as peer.cpp does."""


def talk(ours, theirs, *words):
    for word in words or ("once",):
        theirs.tell(f"send theirs-{word}")
        ours.says(rf"^data \d+ theirs-{word}\.$")
        ours.tell(f"send ours-{word}")
        theirs.says(rf"^data \d+ ours-{word}\.$")


def close(ours, theirs):
    """Theirs first, and data in the direction that is still open; then ours."""
    theirs.tell("close")
    ours.says(r"^peer closed$")
    ours.tell("send late", "close")
    ours.says(r"^closed$")
    theirs.says(r"^data \d+ late\.$")
    theirs.says(r"^peer closed$")
    theirs.tell("end")
    theirs.ends(0)
    ours.ends(0)


def exchange(t, ours, theirs, from_ours, from_theirs, sent_by_us, sent_by_them):
    """A file in each direction at once; both peers expect just that."""
    ours.tell(f"file {sent_by_us}")
    theirs.tell(f"file {sent_by_them}")
    ours.says(r"^received all$")
    theirs.says(r"^received all$")
    ours.tell("close")
    theirs.says(r"^peer closed$")
    theirs.tell("close", "end")
    ours.says(r"^closed$")
    theirs.ends(0)
    t.same_file(sent_by_us, from_ours)
    t.same_file(sent_by_them, from_theirs)
