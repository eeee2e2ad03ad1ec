"""What is looked for in the pages is found when it is there: else all the other tests would prove nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.reader import Reader


@pytest.fixture
def reader(visitor: Callable[..., Reader]) -> Reader:
    """At an address with the site's policy and nothing that runs, to be broken."""
    found = visitor()
    found.page.goto(f"{found.url}/config.json")
    found.page.evaluate(
        "() => { document.title = 'Here'; document.documentElement.lang = 'en';"
        " document.body.innerHTML = '<main id=\"ringlake\"><h1>Here</h1></main>' }"
    )
    found.problems.clear()
    return found


@pytest.mark.parametrize(
    ("deed", "noticed"),
    [
        ("document.head.append(Object.assign(document.createElement('style'), { textContent: 'a{}' }))", "style-src"),
        ("document.body.innerHTML += '<p style=\"color: red\">x</p>'", "style-src"),
        ("document.head.append(Object.assign(document.createElement('script'), { textContent: '1' }))", "script-src"),
        ("document.body.append(Object.assign(new Image(), { src: 'https://example.com/x.png' }))", "img-src"),
        ("document.body.append(Object.assign(new Image(), { src: 'data:image/gif;base64,R0lGODlhAQ' }))", "img-src"),
        ("fetch('https://example.com/').catch(() => null)", "connect-src"),
        ("fetch('assets/gone-00000000.js')", "404: GET"),
        ("console.error('something is wrong')", "console: something is wrong"),
        ("setTimeout(() => { throw new Error('nobody caught this') })", "nobody caught this"),
    ],
)
def test_what_goes_wrong_in_a_page_is_noticed(reader: Reader, deed: str, noticed: str) -> None:
    # As code of the page's own would, not as the debugger does.
    reader.page.evaluate(f"async () => {{ {deed}; await new Promise((done) => setTimeout(done, 300)) }}")
    assert any(noticed in problem for problem in reader.problems), reader.problems
    reader.problems.clear()


def test_what_a_test_is_about_is_no_problem(reader: Reader) -> None:
    with reader.expecting("404: GET"):
        reader.page.evaluate("() => fetch('assets/gone-00000000.js').then(() => null)")
    assert reader.problems == []


def test_what_sticks_out_or_is_cut_off_is_found(reader: Reader) -> None:
    assert reader.overflowing() == []
    reader.page.evaluate(
        """() => {
          const add = (text, style) => {
            const made = document.createElement('p')
            made.textContent = text
            Object.assign(made.style, style)
            document.body.append(made)
            return made
          }
          add('wide', { width: '3000px' })
          add('a long text in a small box', { width: '40px', overflow: 'hidden', whiteSpace: 'nowrap' })
          add('its whole is shown on hover', { width: '40px', overflow: 'hidden', whiteSpace: 'nowrap' }).title = 'all'
          const scrolled = add('', { width: '300px', overflowX: 'auto' })
          scrolled.append(add('a table that scrolls', { width: '900px' }))
        }"""
    )
    found = reader.overflowing()
    assert sorted(one.partition(":")[0] for one in found) == ["cut off", "outside of the window"], found


def test_what_keeps_people_out_is_found(reader: Reader) -> None:
    assert reader.axe() == []
    reader.page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
    assert [one.partition(":")[0] for one in reader.axe()] == ["button-name"]
