"""The look of the report page, light and dark, from a phone's width up."""

STYLE_SHEET = """
:root {
  --surface: #ffffff; --raised: #f6f8fa; --ink: #1f2328; --muted: #59636e; --line: #d1d9e0;
  --accent: #0969da; --best: #ddf4e4; --best-ink: #0b5a25; --warn: #fff8e0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --surface: #0d1117; --raised: #151b23; --ink: #e6edf3; --muted: #9198a1; --line: #30363d;
    --accent: #4aa3ff; --best: #12351f; --best-ink: #7ee2a0; --warn: #2e2710;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--surface); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
main { max-width: 58rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .8rem; padding-bottom: .3rem;
     border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0 0 .5rem; }
p { margin: .5rem 0; max-width: 44rem; }
.note { font-size: .85rem; }
a { color: var(--accent); }
.muted, .note, figcaption, .sub { color: var(--muted); }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; margin: .8rem 0; }
.wide:focus-visible, summary:focus-visible, a:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 2px;
}
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .7rem; text-align: right; white-space: nowrap; vertical-align: top; }
thead th { font-weight: 600; background: var(--raised); border-bottom: 1px solid var(--line); }
tbody tr + tr > * { border-top: 1px solid var(--line); }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--raised); }
tbody th { font-weight: 500; }
td.best { background: var(--best); color: var(--best-ink); font-weight: 700; }
td.text, th.text { text-align: left; white-space: normal; overflow-wrap: anywhere; }
td .sub, th .sub { display: block; font-size: .8rem; font-weight: 400; }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem;
           margin: 1.2rem 0 0; padding: 0; list-style: none; }
.numbers li { background: var(--raised); border: 1px solid var(--line); border-radius: 6px;
              padding: .6rem .8rem; }
.numbers b { display: block; font-size: 1.4rem; line-height: 1.3; }
.numbers span { color: var(--muted); font-size: .85rem; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .35rem 1.2rem;
     margin: .8rem 0; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
figure { margin: 1.8rem 0 0; }
figure .picture { overflow-x: auto; }
figure img { display: block; width: 100%; min-width: 34rem; height: auto; }
figcaption { font-size: .9rem; margin-top: .4rem; max-width: 44rem; }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr));
           gap: .8rem; padding: 0; list-style: none; }
.samples.broad { grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); }
.samples li { border: 1px solid var(--line); border-radius: 6px; overflow: hidden;
              background: var(--raised); }
.samples img { display: block; width: 100%; height: auto; background: var(--line); }
.samples img.small { image-rendering: pixelated; }
.samples .text { padding: .6rem .8rem; font-size: .9rem; }
.samples .text b { font-weight: 600; }
.samples dl { grid-template-columns: minmax(0, max-content) 1fr; gap: .1rem .8rem;
              margin: .5rem 0 0; font-size: .85rem; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .8rem 0; padding: 0 .9rem; }
summary { cursor: pointer; padding: .6rem 0; font-weight: 600; }
details > :last-child { margin-bottom: .9rem; }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: 6px;
      padding: .7rem .9rem; overflow-x: auto; font-size: .85rem; white-space: pre-wrap;
      overflow-wrap: anywhere; }
.warning { background: var(--warn); border: 1px solid var(--line); border-radius: 6px;
           padding: .6rem .9rem; }
footer { margin-top: 3rem; color: var(--muted); font-size: .85rem; }
@media (max-width: 34rem) {
  h1 { font-size: 1.4rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dt { font-size: .85rem; margin-top: .5rem; }
  th, td { padding: .35rem .5rem; font-size: .9rem; }
  .samples { grid-template-columns: repeat(2, 1fr); }
  .samples.broad { grid-template-columns: 1fr; }
  .samples dl { grid-template-columns: minmax(0, max-content) 1fr; }
  .samples dt { margin: 0; }
}
@media print { details, .wide { overflow: visible; } }
"""
