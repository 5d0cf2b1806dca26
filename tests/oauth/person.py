"""A person at a browser, for tests: opens a page, logs in as told, agrees to what is asked, and follows wherever it leads.

Usage: person.py CA_FILE USER URL SKEW

SKEW is how wrong the issuer's clock is, in seconds: the person's is as wrong, or its cookies would be.
"""

import html.parser
import http.cookiejar
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


class Page(html.parser.HTMLParser):
    """A page's first form: where it goes and what it holds."""

    def __init__(self):
        super().__init__()
        self.action = None
        self.fields = {}
        self.buttons = []
        self.open = False

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form" and self.action is None:
            self.open = True
            self.action = attributes.get("action", "")
        elif tag == "input" and self.open and attributes.get("name"):
            self.fields[attributes["name"]] = attributes.get("value", "")
        elif tag == "button" and self.open and attributes.get("name"):
            self.buttons.append((attributes["name"], attributes.get("value", "")))

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = False


def main():
    ca_file, user, url, skew = sys.argv[1:]
    right = time.time
    time.time = lambda: right() + int(skew)
    context = ssl.create_default_context(cafile=ca_file)
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
    )

    def fetch(url, data=None):
        try:
            with opener.open(url, data=data, timeout=30) as response:
                return response.geturl(), response.read().decode()
        except urllib.error.HTTPError as error:
            return error.geturl(), error.read().decode()

    data = None
    for _ in range(12):
        url, text = fetch(url, data)
        page = Page()
        page.feed(text)
        if page.action is None or "logged in" in text:
            print(url.split("?")[0])
            print(text)
            return
        fields = dict(page.fields)
        if "login" in fields:
            fields.update(login=user, password="any")
        url = urllib.parse.urljoin(url, page.action)
        data = urllib.parse.urlencode(fields).encode()
    sys.exit("these forms never end: " + text)


main()
