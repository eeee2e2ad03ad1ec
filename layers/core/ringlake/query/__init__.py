"""THE resolver: one viewer and one filter become one object that every reader takes (design: Query).

`filters` validates what was asked, `presets` turns words into dates, `resolve` makes the
`ResolvedQuery`, and `rows` applies it to Arrow tables.
"""
