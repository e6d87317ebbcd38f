"""The charts of the page as SVG text: plain numbers and words in, one picture for one width out."""
