"""Papers of a known shape: laid out once by the engine, stamped from then on.

A shape is everything of a paper that decides where things stand. `markup` tells a paper's shape
from its texts, `moulding` makes a mould of a page that the engine laid out, `mould` stamps texts
into it, `setting` shapes them with the engine's own text layout, `fonts` and `truetype` embed the
glyphs they need, `writing` puts the file together, `shapes` keeps the moulds and checks on them.
What none of them knows is `unusual`. `stamper` is the door: where it cannot be imported, or where
something fails that nobody foresaw, the engine writes the papers by itself and a log tells.

The engine's own pages are written by the same `writing`: a stamped paper has the same bytes as one
that was laid out, and that is what is checked.
"""
