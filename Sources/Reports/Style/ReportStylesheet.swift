/// Light and dark by the reader's system, print, and anything from a phone to a wall. The colours of
/// domains are Paul Tol's light scheme; those of series are Okabe and Ito's, darkened until they stand out
/// from the page by 4.5 to 1 as text must. Both keep apart for the colour-blind, and nothing is told by
/// colour alone. System fonts, so that the page needs nothing beside it.
let reportStylesheet = [pageStyles, tableStyles, plotStyles, controlStyles, mediaStyles]
  .joined(separator: "\n")

/// Colours, text and the page's parts.
private let pageStyles = """

  :root {
    color-scheme: light dark;
    --page: #fdfdfc; --panel: #f4f4f1; --ink: #1b1d21; --muted: #585d66; --rule: #dcdcd6;
    --grid: #e9e9e5; --accent: #0b5cad; --other: #61666e; --warn: #7d4300; --warn-panel: #fdf3e3;
    --d0: #77aadd; --d1: #ee8866; --d2: #eedd88; --d3: #ffaabb;
    --d4: #99ddff; --d5: #44bb99; --d6: #bbcc33; --d7: #c5c5c5; --on-piece: #14161a;
    --c0: #0067a8; --c1: #b84a00; --c2: #00735a; --c3: #a04780; --c4: #7a6000; --c5: #23729b;
    --lower: #dbe8f7; --higher: #fbe3d3;
  }
  @media screen and (prefers-color-scheme: dark) {
    :root {
      --page: #14161a; --panel: #1c1f24; --ink: #e9e8e4; --muted: #a4a9b2; --rule: #363a42;
      --grid: #262a30; --accent: #7db8f5; --other: #a9aeb7; --warn: #f0bd74; --warn-panel: #2b2315;
      --d0: #6897c6; --d1: #d97b5c; --d2: #d3c475; --d3: #e297a6;
      --d4: #86c3e2; --d5: #3ba788; --d6: #a6b52e; --d7: #9da0a5;
      --c0: #5aaee3; --c1: #f08a45; --c2: #2fc39a; --c3: #dc9abf; --c4: #e0b43c; --c5: #9fd6f5;
      --lower: #17304d; --higher: #472b18;
    }
  }
  * { box-sizing: border-box; }
  html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
  body {
    margin: 0; background: var(--page); color: var(--ink);
    font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Inter, Arial, sans-serif;
    font-variant-numeric: tabular-nums;
  }
  main { max-width: 54rem; margin: 0 auto; padding: 3.5rem 1.5rem 4rem; min-width: 0; }
  a { color: var(--accent); }
  .patterns { position: absolute; }
  .off-screen { position: fixed; left: -100vw; }
  h1 { font-size: 2.1rem; line-height: 1.15; letter-spacing: -0.02em; font-weight: 650; margin: 0 0 0.9rem; overflow-wrap: anywhere; }
  h2 { font-size: 1.3rem; line-height: 1.3; letter-spacing: -0.01em; font-weight: 650; margin: 0 0 0.4rem; }
  h3 { font-size: 1rem; font-weight: 650; margin: 1.8rem 0 0.4rem; }
  p { margin: 0 0 1rem; }
  section { margin-top: 3.2rem; }
  .kicker { color: var(--muted); font-size: 0.85rem; margin: 0 0 0.3rem; overflow-wrap: anywhere; }
  .verdict { font-size: 1.22rem; line-height: 1.5; max-width: 40em; margin: 0 0 0.6rem; text-wrap: pretty; overflow-wrap: break-word; }
  .verdict + .verdict { font-size: 1.05rem; }
  .lead { color: var(--muted); max-width: 42em; text-wrap: pretty; overflow-wrap: break-word; }
  .finding { max-width: 42em; text-wrap: pretty; overflow-wrap: break-word; }
  ul.finding { margin: 0.3rem 0 1rem; padding-left: 1.1rem; font-size: 0.94rem; }
  .missing { margin: 1.2rem 0 0; padding: 0.7rem 1rem; border-radius: 8px; background: var(--warn-panel); color: var(--warn); font-size: 0.94rem; }
  .headline { margin-top: 2.2rem; }
  .headline h2 { margin-bottom: 0.8rem; }
  .strip { border-radius: 8px; overflow: hidden; }

  nav.contents { font-size: 0.86rem; }
  nav.contents ol { list-style: none; margin: 0; padding: 0; }
  nav.contents a { color: var(--muted); text-decoration: none; display: block; padding: 0.16rem 0; }
  nav.contents a:hover, nav.contents a[aria-current] { color: var(--accent); }
  nav.contents a[aria-current] { font-weight: 600; }

  .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr)); gap: 1.2rem 1.6rem; margin: 1.6rem 0 1.4rem; }
  .figures div { display: grid; grid-row: span 3; grid-template-rows: subgrid; gap: 0; align-content: start; }
  .figures dt { color: var(--muted); font-size: 0.85rem; }
  .figures dd { margin: 0; }
  .figures .value { font-size: 1.2rem; font-weight: 600; letter-spacing: -0.02em; line-height: 1.35; white-space: nowrap; }
  .figures .note { color: var(--muted); font-size: 0.85rem; }

  .facts { margin: 0.8rem 0; font-size: 0.94rem; }
  .facts div { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); gap: 1rem; padding: 0.4rem 0; border-top: 1px solid var(--rule); }
  .facts dt { color: var(--muted); }
  .facts dd { margin: 0; overflow-wrap: anywhere; }
  .notes .facts { font-size: 0.88rem; }
  .code { background: var(--panel); border-radius: 8px; padding: 0.7rem 1rem; margin: 0.8rem 0; }
  .code > button { float: right; }
  .code-label { color: var(--muted); font-size: 0.8rem; }
  pre { margin: 0.15rem 0 0; overflow-x: auto; font: 0.86rem/1.55 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
  details { margin: 0.8rem 0; }
  summary { cursor: pointer; color: var(--accent); font-size: 0.92rem; }
  """
