"""The compiled engine's inside: plain functions on flat tables, which numba translates (`sim.engines.compiled`).

They say in tables what `docs/semantics.md` says in words, and what the reference engine says in objects. Nothing here
allocates, raises or knows a compiler: where nothing is compiled the same functions run as they stand. What goes wrong
in a run is a status, 0 for nothing, else a failure code of `sim.records.outcomes`.
"""
