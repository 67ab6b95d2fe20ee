"""Looking after the published language: exporting it, and saying what a change to it would break.

`catalogue` which messages there are · `export` JSON Schemas and files · `asyncapi` the AsyncAPI document ·
`samples` golden messages · `compatibility` what may change · `baseline` what is compared with · `check` all of it.
"""
