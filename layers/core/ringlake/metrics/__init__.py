"""From records to numbers: rows of the lake's tables and the sums over them (metrics.md).

Pure: no clock, no store. The base sets that every rate is made of are decided here, once, as
0/1 columns of a row; screens, files and SQL only add them up.
"""
