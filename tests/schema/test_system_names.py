"""What the system calls itself, and that words of people stay theirs."""

from __future__ import annotations

from schema.system_names import actor_text, note_text


def test_the_system_is_named_in_the_readers_language() -> None:
    assert actor_text('command line', 'vi') == 'Dòng lệnh' and actor_text('Lan', 'vi') == 'Lan'
    assert note_text('Sales pack', 'vi') == 'Gói bán hàng' and note_text('Gói bán hàng', 'en') == 'Sales pack'


def test_what_a_person_noted_stays_as_it_was_written() -> None:
    assert [note_text(each, 'vi') for each in ('demo', 'teams', 'command line', '')] == ['demo', 'teams', 'command line', '']
