"""The page that `timeline --html` writes, in a real browser."""

import io
import shutil
import subprocess
from xml.etree import ElementTree

import pytest
from actionclip_command import CLIP, LABELS, MODEL, ROOT, json_lines, run
from browser import CHROMIUM, Browser

STORY = ROOT / "examples" / "shapes.mp4"
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to look at the page with")
BLOCKS = "[...document.querySelectorAll('.lane.result div')].map((b) => [b.textContent, Number(b.dataset.from)])"
SHARES = "[...document.querySelectorAll('.found li span:last-child')].map((s) => parseInt(s.textContent))"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A page and its video in another folder, with a name that needs escapes; and the segments."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "films").mkdir()
    (folder / "pages").mkdir()
    video, page = folder / "films" / "a b#1 'ü' <&>%20.mp4", folder / "pages" / "page.html"
    shutil.copy(STORY, video)
    process = run("timeline", video, "--json", "--html", page, env={"ACTIONCLIP_MODEL": ""})
    assert process.returncode == 0, process.stderr
    return page, json_lines(process)[0]["segments"]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def page(browser, written):
    browser.said.clear(), browser.requests.clear()
    browser.dark(False)
    browser.open(written[0])
    browser.wait_for("document.querySelector('video').readyState >= 1")
    return browser


def test_the_page_is_one_file_and_well_formed(written):
    text = written[0].read_text()
    root = ElementTree.fromstring(text.replace("<!DOCTYPE html>", ""))
    addresses = [e.get(name) for e in root.iter() for name in ("src", "href") if e.get(name)]
    assert addresses == ["../films/a%20b%231%20%27%C3%BC%27%20%3C%26%3E%2520.mp4"]
    assert "http:" not in text.replace("http://www.w3.org/", "") and "https:" not in text


def test_without_scripts_the_segments_are_a_table(written):
    page, segments = written
    space = {"h": "http://www.w3.org/1999/xhtml"}
    root = ElementTree.fromstring(page.read_text().replace("<!DOCTYPE html>", ""))
    rows = [[cell.text for cell in row] for row in root.findall(".//h:table[@class='segments']//h:tr", space)]
    assert rows == [[f"{s['start']:.2f} s", f"{s['end']:.2f} s", s["label"], f"{s['probability'] * 100:.0f} %"]
                    for s in segments]


@needs_browser
def test_the_page_finds_the_segments_of_the_command_without_network_or_errors(page, written):
    found = page.run(BLOCKS)
    assert [label for label, _ in found] == [s["label"] for s in written[1]]
    assert [start for _, start in found] == pytest.approx([s["start"] for s in written[1]], abs=0.001)
    assert page.run(SHARES) == [round(s["probability"] * 100) for s in written[1]]
    assert page.said == []
    assert all(address.startswith(("file:", "data:")) for address in page.requests) and len(page.requests) > 1


@needs_browser
@pytest.mark.parametrize("is_dark", [False, True])
def test_a_screenshot_shows_the_page_in_light_and_dark(page, is_dark):
    image = pytest.importorskip("PIL.Image")
    page.dark(is_dark)
    picture = image.open(io.BytesIO(page.screenshot())).convert("RGB")
    assert picture.width == 1280
    # The background in a corner, and enough that is not the background.
    background = picture.getpixel((2, 2))
    assert all(channel < 60 if is_dark else channel > 200 for channel in background)
    counts = picture.getcolors(picture.width * picture.height)
    drawn = sum(count for count, colour in counts if colour != background)
    assert len(counts) > 500 and drawn > 0.1 * picture.width * picture.height


@needs_browser
@pytest.mark.parametrize("width", [360, 500, 1200])
def test_pictures_and_labels_are_whole_at_any_width(page, width):
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    try:
        page.wait_for("document.querySelector('.lane.strip').clientWidth < innerWidth")
        page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.run("document.documentElement.scrollWidth") == width
        boxes = page.run("""[document.querySelector('.lane.strip'), ...document.querySelectorAll('.strip img:not([hidden])')]
            .map((e) => e.getBoundingClientRect().toJSON())""")
        strip, pictures = boxes[0], sorted(boxes[1:], key=lambda box: box["left"])
        assert len(pictures) >= 3 and pictures[0]["left"] >= strip["left"] and pictures[-1]["right"] <= strip["right"]
        assert all(a["right"] <= b["left"] + 0.01 for a, b in zip(pictures, pictures[1:]))
        cut = page.run("""[...document.querySelectorAll('.names span')].filter((e) =>
            e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight + 1).map((e) => e.textContent)""")
        assert cut == []
    finally:
        page.call("Emulation.clearDeviceMetricsOverride")


@needs_browser
def test_a_click_seeks_the_video(page, written):
    time = "document.querySelector('video').currentTime"
    page.click(".lane.curve", 0.75)
    page.wait_for(f"Math.abs({time} - 13.5) < 0.1 && !document.querySelector('video').seeking")
    # A segment is a link to its beginning, in the row and in the list.
    page.click(".lane.result div:nth-child(3)", 0.9)
    page.wait_for(f"Math.abs({time} - {written[1][2]['start']}) < 0.01")
    page.click(".found li:nth-child(2) button")
    page.wait_for(f"Math.abs({time} - {written[1][1]['start']}) < 0.01")
    assert page.run("document.querySelector('li[aria-current=true]').textContent").find(written[1][1]["label"]) >= 0
    assert page.run("parseFloat(document.querySelector('.needle').style.left)") == pytest.approx(
        written[1][1]["start"] / 18 * 100, abs=0.1)
    # The video leads too.
    page.run("document.querySelector('video').currentTime = 16")
    page.wait_for("document.querySelector('.clock').textContent.startsWith('16.00 s')")


@needs_browser
def test_the_slider_changes_the_segments(page, written):
    """A moment whose best label is less probable than the slider shows none."""
    before = page.run(BLOCKS)
    move = """(value) => { const s = document.querySelector('.controls input'); s.value = value;
        s.dispatchEvent(new Event('input')); }"""
    page.run(f"({move})(0.7)")
    found = page.run(BLOCKS)
    assert len(found) > len(before) and "" in [label for label, _ in found]
    assert "stopping midway" not in [label for label, _ in found]  # 47 %
    assert "moving left" in [label for label, _ in found]
    assert page.run(SHARES) and min(page.run(SHARES)) >= 70
    page.run(f"({move})(1)")
    assert len([label for label, _ in page.run(BLOCKS) if label]) < len(found)
    page.run("document.querySelector('.controls button').click()")
    assert page.run(BLOCKS) == before


@needs_browser
def test_segments_of_other_methods_are_shown_as_they_are(browser, tmp_path):
    """The slider hides those that are less probable."""
    process = run("timeline", STORY, "--method", "viterbi", "--json", "--html", tmp_path / "p.html",
                  env={"ACTIONCLIP_MODEL": ""})
    found = json_lines(process)[0]["segments"]
    browser.said.clear()
    browser.open(tmp_path / "p.html")
    assert browser.run(BLOCKS) == [[s["label"], s["start"]] for s in found]
    browser.run("""(() => { const s = document.querySelector('.controls input'); s.value = 0.95;
        s.dispatchEvent(new Event('input')); })()""")
    assert browser.run(BLOCKS) == [[s["label"], s["start"]] for s in found if s["probability"] >= 0.95]
    assert browser.said == []


@needs_browser
def test_keys_do_what_the_mouse_does(page, written):
    time = "document.querySelector('video').currentTime"
    page.key("n", "KeyN")
    page.wait_for(f"Math.abs({time} - {written[1][1]['start']}) < 0.01")
    page.key("ArrowRight")
    page.wait_for(f"Math.abs({time} - {written[1][1]['start'] + 1}) < 0.01")
    page.key("p", "KeyP")
    page.wait_for(f"Math.abs({time} - {written[1][1]['start']}) < 0.01")
    page.key(" ", "Space")
    page.wait_for(f"!document.querySelector('video').paused && {time} > {written[1][1]['start']} + 0.1", 30)
    page.key(" ", "Space")
    page.wait_for("document.querySelector('video').paused")
    before = page.run(BLOCKS)
    for _ in range(12):
        page.key("]", "BracketRight")
    assert page.run("document.querySelector('.controls output').textContent") == "60 %"
    assert page.run(BLOCKS) != before
    # Every control can be reached.
    assert page.run("[...document.querySelectorAll('input, button, .lanes')].every((e) => e.tabIndex === 0)")


@needs_browser
def test_labels_cannot_break_the_page(browser, tmp_path):
    labels = ["</script><script>document.title='broken'</script>", "<img src=x onerror=alert(1)>", "a \"b\" & 'c'", "🏊 ]]>"]
    options = [word for label in labels for word in ("--label", label)]
    process = run("timeline", CLIP, "--model", MODEL, *options, "--json", "--html", tmp_path / "page.html")
    assert process.returncode == 0, process.stderr
    browser.said.clear()
    browser.open(tmp_path / "page.html")
    assert sorted(browser.run("[...document.querySelectorAll('.names .curve')].map((n) => n.textContent)")) == sorted(labels)
    found = [s["label"] for s in json_lines(process)[0]["segments"]]
    assert [label for label, _ in browser.run(BLOCKS)] == found
    assert browser.run("document.title").startswith("What happens") and browser.said == []


@needs_browser
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg command to make clips")
def test_pictures_stand_in_for_a_video_that_the_browser_cannot_play(browser, tmp_path):
    subprocess.run(["ffmpeg", "-v", "error", "-i", CLIP, "-c:v", "ffv1", "-an", tmp_path / "clip.mkv"], check=True)
    process = run("timeline", tmp_path / "clip.mkv", "--model", MODEL, "--labels", LABELS, "--html", tmp_path / "p.html")
    assert process.returncode == 0, process.stderr
    browser.open(tmp_path / "p.html")
    browser.wait_for("!!document.querySelector('.player img')")
    shown = browser.run("document.querySelector('.player img').src")
    browser.click(".lane.ruler", 0.99)
    assert shown.startswith("data:image/bmp") and browser.run("document.querySelector('.player img').src") != shown
    assert "cannot play clip.mkv" in browser.run("document.querySelector('.player p').textContent")


@needs_browser
def test_several_videos_have_a_section_each(browser, tmp_path):
    process = run("timeline", CLIP, tmp_path / "none.mp4", STORY, "--model", MODEL, "--labels", LABELS, "--json",
                  "--html", tmp_path / "page.html")
    assert process.returncode == 1  # one cannot be read, and the others are on the page
    browser.open(tmp_path / "page.html")
    assert browser.run("[...document.querySelectorAll('h2')].map((h) => h.textContent)") == [CLIP.name, STORY.name]
    lines = [line for line in json_lines(process) if line["error"] is None]
    counts = browser.run("[...document.querySelectorAll('.lane.result')].map((r) => r.childElementCount)")
    assert counts == [len(line["segments"]) for line in lines]
