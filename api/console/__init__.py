"""The console: a single-page application for people. It is static files that use the public API and nothing else.

`index.html` starts `main.js`. `core/` has what is not seen (requests, addresses, words, formats), `parts/` what pages are
built of, `pages/` one file for each page, `words/` one dictionary for each language, `vendor/` libraries of others.
"""
