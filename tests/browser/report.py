#!/usr/bin/env python3
"""The page that `report` writes, in Chromium: it asks for nothing and complains about nothing, its charts show and can be read as
text, its tables sort and filter, hostile names stay text, a log that does not verify is what one sees first, and on paper nothing is cut.

Arguments: Chromium, the program, the source tree. With IMAGEWARDEN_SCREENSHOTS=FOLDER the pages' pictures are kept there.
"""
import base64
import collections
import html
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # the source tree stays as it is
import chromium  # noqa: E402

READY = "document.body.dataset.ready === 'yes'"
HOSTILE = "<img src=x onerror=alert(1)>\u202e\u001b[31m\n=cmd"
NOW = ("--now", "2026-11-24T08:00:00Z")
failures = 0


def expect(holds, what):
    global failures
    if not holds:
        failures += 1
        print(f"FAILED: {what}")


def make_reports(program, examples, folder):
    """Paths of a report on an inventory and a log, of one with hostile names, and of one on a log that was changed."""
    def run(*arguments, status=(0,)):
        done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True)
        if done.returncode not in status:
            sys.exit(f"imagewarden {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")

    run("audit", "init", "--audit-log", "log.db", "--origin", "example.com/images")
    run("check", "--all", "--as", "user/alice", "--inventory", str(examples / "acme"), *NOW, "--audit-log", "log.db", status=(1,))
    run("report", "--inventory", str(examples / "acme"), "--as", "user/alice", "--audit-log", "log.db", *NOW, "--output", "good.html")
    hostile = folder / "hostile"
    hostile.mkdir()
    (hostile / "account.json").write_text('{"AccountId": "1", "Regions": ["cn-hangzhou"]}')
    image = {"AppCenterImageId": "img-1", "ImageId": "img-1", "ImageName": HOSTILE, "Name": HOSTILE, "ImageType": "User", "Status": HOSTILE,
             "ProductType": HOSTILE}
    (hostile / "ListImage.json").write_text(json.dumps({"Count": 1, "Data": [image]}))
    run("report", "--inventory", str(hostile), "--no-audit", *NOW, "--output", "hostile.html")
    content = bytearray((folder / "log.db").read_bytes())
    at = content.find(b"imgc-51l8awrjgfhy7buzt")
    assert at > 0
    content[at + 5] ^= 1
    (folder / "bad.db").write_bytes(content)
    run("report", "--audit-log", "bad.db", *NOW, "--output", "bad.html", status=(1,))
    return folder / "good.html", folder / "hostile.html", folder / "bad.html", make_long_report(run, folder)


def make_long_report(run, folder):
    """More images than a table shows, with names of several lines, each of which begins and ends with a word of its own."""
    exports = folder / "long"
    exports.mkdir()
    (exports / "account.json").write_text('{"AccountId": "1", "Regions": ["cn-hangzhou"]}')
    images = [{"ImageId": f"img-{number:04}identifier{number:04}", "ImageName": f"Golden image {number} with office and development tools",
               "AliUid": 1, "ImageType": "User", "Status": "AVAILABLE", "ProductType": "CloudApp", "ImageRegionList": ["cn-hangzhou"],
               "GmtCreate": "2024-01-01 00:00:00"} for number in range(1500)]
    (exports / "ListImage.json").write_text(json.dumps({"Count": len(images), "Data": images}))
    run("report", "--inventory", str(exports), "--no-audit", *NOW, "--output", "long.html")
    return folder / "long.html"


def keep(browser, name):
    folder = os.environ.get("IMAGEWARDEN_SCREENSHOTS")
    if folder:
        picture = browser.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        pathlib.Path(folder, f"{name}.png").write_bytes(base64.b64decode(picture))


def check_charts(browser):
    charts = browser.evaluate("""[...document.querySelectorAll('svg.chart')].map((svg) => ({
      id: svg.getAttribute('aria-labelledby'), wide: svg.getBoundingClientRect().width, tall: svg.getBoundingClientRect().height,
      text: svg.getAttribute('aria-labelledby').split(' ').map((id) => document.getElementById(id).textContent).join(': '),
      colours: [...svg.querySelectorAll('rect:not(.track)')].map((bar) => getComputedStyle(bar).fill),
      rows: svg.closest('figure').querySelectorAll('.numbers tbody tr').length}))""")
    expect(len(charts) == 6, f"six charts: {[chart['id'] for chart in charts]}")
    for chart in charts:
        expect(chart["wide"] > 200 and chart["tall"] > 60, f"{chart['id']} is visible")
        expect(any(character.isdigit() for character in chart["text"]) and chart["rows"] > 0, f"{chart['id']} can be read as text")
        expect(chart["colours"] and not any(colour in ("none", "rgb(0, 0, 0)") for colour in chart["colours"]), f"{chart['id']} has colours")


def check_tables(browser):
    column = "[...document.querySelectorAll('#images table.data tbody tr')].filter((row) => !row.hidden).map((row) => row.cells[8].textContent)"
    before = browser.evaluate(column)
    press = "document.querySelectorAll('#images table.data thead button')[8].click()"
    browser.evaluate(press)
    ascending = [int(text) for text in browser.evaluate(column) if text]
    browser.evaluate(press)
    descending = [int(text) for text in browser.evaluate(column) if text]
    expect(ascending == sorted(ascending) and ascending != [int(text) for text in before if text], "ages ascend after the first click")
    expect(descending == ascending[::-1], "ages descend after the second click")
    expect(browser.evaluate("document.querySelector('#images th[aria-sort]').getAttribute('aria-sort')") == "descending", "aria-sort says so")
    browser.evaluate("""(() => { const input = document.querySelector('#images .filter input'); input.value = 'not-in-use render';
      input.dispatchEvent(new Event('input')); })()""")
    rows = browser.evaluate("[...document.querySelectorAll('#images table.data tbody tr')].filter((row) => !row.hidden).map((row) => row.textContent)")
    expect(rows and len(rows) < len(before) and all("not-in-use" in row and "render" in row.lower() for row in rows), f"the filter: {rows}")


def check_every_table(browser):
    """Each head of each table sorts up, then down; a filter leaves the one row that it names."""
    wrong = browser.evaluate("""[...document.querySelectorAll('table.data')].flatMap((table) => [...table.querySelectorAll('thead button')]
      .flatMap((button) => {
        const head = button.closest('th');
        const press = () => { button.click(); return [...table.tBodies[0].rows].map((row) => row.cells[head.cellIndex].textContent).filter(Boolean); };
        const order = (texts) => { const numbers = texts.every((text) => !isNaN(text));
          return (a, b) => numbers ? a - b : a < b ? -1 : a > b ? 1 : 0; };
        const sorted = (texts, sign) => texts.every((text, i) => !i || sign * order(texts)(texts[i - 1], text) <= 0);
        const up = press(), is_up = head.ariaSort, down = press(), is_down = head.ariaSort;
        return sorted(up, 1) && sorted(down, -1) && is_up === 'ascending' && is_down === 'descending' ? [] : [button.textContent];
      }))""")
    count = browser.evaluate("document.querySelectorAll('table.data thead button').length")
    expect(count > 40 and not wrong, f"{count} heads of tables; those that do not sort: {wrong}")
    left = browser.evaluate("""(() => { const input = document.querySelector('#images .filter input');
      input.value = document.querySelector('#images tbody .id').textContent; input.dispatchEvent(new Event('input'));
      return [...document.querySelectorAll('#images table.data tbody tr')].filter((row) => !row.hidden).length; })()""")
    expect(left == 1, f"one id filters to {left} rows")


def press_key(browser, key, **more):
    browser.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, **more)
    browser.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, **more)


def check_keyboard(browser):
    """Tab reaches everything that acts and shows where it is; Enter sorts."""
    acting = "a[href], button, input, summary"
    for _ in range(browser.evaluate(f"document.querySelectorAll('{acting}').length") + 40):  # what scrolls is reached too
        press_key(browser, "Tab", windowsVirtualKeyCode=9)
        browser.evaluate("""(() => { const style = getComputedStyle(document.activeElement);
          document.activeElement.dataset.ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; })()""")
    unreached = browser.evaluate(f"[...document.querySelectorAll('{acting}')].filter((e) => e.dataset.ring !== 'true').map((e) => e.outerHTML)")
    expect(not unreached, f"the keyboard does not reach, or does not show: {unreached[:3]}")
    browser.evaluate("document.querySelector('#images thead button').focus()")
    press_key(browser, "Enter", windowsVirtualKeyCode=13, text="\r")
    expect(browser.evaluate("document.activeElement.closest('th').ariaSort") == "ascending", "Enter sorts")


def check_phone(browser, page):
    browser.call("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True)
    browser.open(page, READY)
    expect(browser.evaluate("document.documentElement.scrollWidth") == 390, "on a telephone the page is no wider than it")
    keep(browser, "report-phone")
    browser.call("Emulation.clearDeviceMetricsOverride")


def check_contrast(browser, name):
    """WCAG AA of every text against the first background behind it that is not transparent."""
    poor = browser.evaluate("""(() => {
      const rgb = (text) => text.match(/[0-9.]+/g).map(Number);
      const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b; };
      const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
        if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
      const poor = new Set();
      for (const e of document.querySelectorAll('body *')) {
        if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.getClientRects().length || e.closest('script,style')) continue;
        const style = getComputedStyle(e);
        const [a, b] = [light(rgb(e.closest('svg.chart') ? style.fill : style.color)), light(behind(e))].sort((x, y) => y - x);
        if ((a + .05) / (b + .05) < 4.5) poor.add(e.tagName + '.' + e.getAttribute('class') + ' ' + e.textContent.slice(0, 40));
      }
      return [...poor];
    })()""")
    expect(not poor, f"contrast, {name}: {poor[:5]}")


def check_pdf(pdf, page, images):
    """What is on the paper: every image whole, and nothing beyond the edge."""
    path = page.with_suffix(".pdf")
    path.write_bytes(pdf)
    layout = subprocess.run(["pdftotext", "-bbox", path, "-"], capture_output=True, text=True, check=True).stdout
    pages = []
    for line in layout.splitlines():
        if found := re.search(r'<page width="([\d.]+)" height="([\d.]+)"', line):
            pages.append((float(found[1]), float(found[2]), []))
        elif found := re.search(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*)</word>', line):
            pages[-1][2].append((*map(float, found.groups()[:4]), html.unescape(found[5])))
    edge = 33  # points: the margin of 12 mm
    beyond = [word for width, height, words in pages for word in words
              if word[0] < edge or word[1] < edge or word[2] > width - edge or word[3] > height - edge]
    expect(len(pages) > 2 and not beyond, f"beyond the paper: {beyond[:5]}")
    texts = [[word[4] for word in words] for _, _, words in pages]
    everything = {text for one in texts for text in one}
    # A long id goes over two lines; nothing of it is lost.
    lost = [image for image in images if image not in everything and
            not any(image[:at] in everything and image[at:] in everything for at in range(1, len(image)))]
    expect(images and not lost, f"images that are not whole on paper: {lost[:5]}")
    folder = os.environ.get("IMAGEWARDEN_SCREENSHOTS")
    if folder:
        subprocess.run(["pdftoppm", "-r", "70", "-l", "20", "-png", path, str(pathlib.Path(folder, f"report-{page.stem}-paper"))], check=True)
    return [words for _, _, words in pages]


def check_long_table(pages, rows):
    """Of a table over many pages: each page repeats the head, no row stands on two, and every row has all of its text."""
    found = 0
    for number, words in enumerate(pages, 1):
        starts = sorted(word[1] for word in words if word[4] == "Golden")  # where the name of an image begins
        if not starts:
            continue
        expect(any(word[4] == "(days)" for word in words), f"page {number} has no head")
        for top, end in zip(starts, [*starts[1:], starts[-1] + starts[-1] - starts[-2] if len(starts) > 1 else starts[-1] + 60]):
            band = [word for word in words if top - 3 <= word[1] < end - 3]
            there, wanted = (collections.Counter("".join(texts)) for texts in ([word[4] for word in band], re.findall(r"\S+", "".join(rows[found]))))
            if wanted - there:
                expect(False, f"page {number}: of {rows[found]} is missing {wanted - there}")
                return
            found += 1
    expect(found == len(rows) and found >= 1000, f"{found} of {len(rows)} rows are on paper")


def check_paper(browser, page):
    width = 1032  # A4 across, less its margins, at 96 dots an inch
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=700, deviceScaleFactor=1, mobile=False)
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.open(page, READY)
    browser.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    cut = browser.evaluate(f"""[...document.querySelectorAll('table, svg, .verdict, .tiles, pre, dl')]
      .filter((e) => e.getBoundingClientRect().right > {width} || e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
      .map((e) => e.getAttribute('aria-label') || e.tagName)""")
    expect(not cut, f"cut on paper: {cut}")
    expect(browser.evaluate("[...document.querySelectorAll('details')].every((e) => e.open)"), "on paper the numbers of the charts are open")
    pdf = browser.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"]
    rows = browser.evaluate("""[...document.querySelectorAll('#images table.data tbody tr')].filter((row) => !row.hidden)
      .map((row) => [...row.cells].map((cell) => cell.textContent))""")
    pages = check_pdf(base64.b64decode(pdf), page, [row[1] for row in rows])
    browser.call("Emulation.setEmulatedMedia", media="")
    browser.call("Emulation.clearDeviceMetricsOverride")
    return pages, rows


def main():
    chromium_program, program, root = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve()), pathlib.Path(sys.argv[3]).resolve()
    with tempfile.TemporaryDirectory() as temporary, chromium.Browser(chromium_program) as browser:
        good, hostile, bad, long = make_reports(program, root / "examples", pathlib.Path(temporary))
        for scheme in ("light", "dark"):
            browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            browser.open(good, READY)
            check_contrast(browser, scheme)
            keep(browser, f"report-{scheme}")
        check_charts(browser)
        check_tables(browser)
        check_every_table(browser)
        browser.open(good, READY)
        check_keyboard(browser)
        browser.open(hostile, READY)
        expect(browser.evaluate("document.images.length") == 0, "a name makes no element")
        text = browser.evaluate("document.getElementById('images').textContent")
        expect("<img src=x onerror=alert(1)>\\u{202e}\\u{1b}[31m\\u{a}=cmd" in text, "a hostile name is shown as text")
        browser.open(bad, READY)
        keep(browser, "report-bad-log")
        seen = browser.evaluate("""(() => { const e = document.querySelector('.verdict.bad'); const r = e.getBoundingClientRect();
          return [r.top, getComputedStyle(e.querySelector('strong')).color, e.textContent]; })()""")
        red = [int(part) for part in seen[1].strip("rgb()").split(",")]
        expect(seen[0] < 300 and red[0] > 1.4 * max(red[1:]) and "does not verify" in seen[2], f"a bad log is seen first, in red: {seen}")
        check_paper(browser, good)
        check_long_table(*check_paper(browser, long))
        check_phone(browser, good)
        expect(browser.requests == {f"file://{page}" for page in (good, hostile, bad, long)}, f"it loads nothing: {browser.requests}")
        expect(not browser.complaints, f"nobody complains: {browser.complaints}")
    sys.exit(1 if failures else 0)


main()
