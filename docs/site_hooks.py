"""MkDocs hooks: the site has the repository's layout, so that a link works on both.

MkDocs only looks into its `docs_dir`. Here the README, the pages of docs/ and those of experiments/
become pages under the paths that they have in the repository. A relative link between any two of
them then means the same in a checkout and on the site, and strict mode checks it.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff", "LICENSE")
FOLDERS = ("docs", "experiments")
SUFFIXES = {".md", ".png", ".svg", ".ogg", ".ipynb", ".csv", ".json", ".txt"}
LINK_TO_SOUND = re.compile(r'<a href="([^"]+\.ogg)">(.*?)</a>')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Replace the files of `docs_dir` by those of the repository that belong to the site."""
    root = Path(config.config_file_path).parent
    for file in [*files.documentation_pages(), *files.media_files()]:
        if file.src_dir == config.docs_dir:
            files.remove(file)
    found = [root / name for name in PAGES]
    for folder in FOLDERS:
        found += [path for path in sorted((root / folder).rglob("*")) if path.suffix in SUFFIXES]
    for path in found:
        name = path.relative_to(root).as_posix()
        files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn a link to a sound into a player."""
    return LINK_TO_SOUND.sub(r'\2<br><audio controls preload="none" src="\1"></audio>', html)
