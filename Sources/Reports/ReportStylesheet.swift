/// Light and dark by the reader's system, print, and anything from a phone to a wall. The colours of
/// domains are Paul Tol's light scheme, those of groups Okabe and Ito's: both keep apart for the
/// colour-blind. System fonts, so that the page needs nothing beside it.
let reportStylesheet = """

  :root {
    color-scheme: light dark;
    --page: #fdfdfc; --panel: #f5f5f2; --ink: #1b1d21; --muted: #5f646d; --rule: #dfdfda;
    --grid: #e9e9e5; --accent: #0b5cad; --other: #6b7078; --warn: #8a4b00; --warn-panel: #fdf3e3;
    --d0: #77aadd; --d1: #ee8866; --d2: #eedd88; --d3: #ffaabb;
    --d4: #99ddff; --d5: #44bb99; --d6: #bbcc33; --d7: #c5c5c5; --on-piece: #14161a;
    --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #cc79a7; --c4: #b58900; --c5: #56b4e9;
    --cold: 11, 92, 173; --warm: 213, 94, 0;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --page: #14161a; --panel: #1c1f24; --ink: #e9e8e4; --muted: #a1a6af; --rule: #33373e;
      --grid: #262a30; --accent: #7db8f5; --other: #a9aeb7; --warn: #f0bd74; --warn-panel: #2b2315;
      --d0: #6897c6; --d1: #d97b5c; --d2: #d3c475; --d3: #e297a6;
      --d4: #86c3e2; --d5: #3ba788; --d6: #a6b52e; --d7: #9da0a5;
      --c0: #4aa3dc; --c1: #f08a45; --c2: #2fc39a; --c3: #dc9abf; --c4: #e0b43c; --c5: #9fd6f5;
      --cold: 88, 158, 235; --warm: 240, 138, 69;
    }
  }
  * { box-sizing: border-box; }
  html { -webkit-text-size-adjust: 100%; }
  body {
    margin: 0; background: var(--page); color: var(--ink);
    font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Inter, Arial, sans-serif;
    font-variant-numeric: tabular-nums;
  }
  main { max-width: 54rem; margin: 0 auto; padding: 3.5rem 1.5rem 4rem; }
  .patterns { position: absolute; }
  h1 { font-size: 2.1rem; line-height: 1.15; letter-spacing: -0.02em; font-weight: 650; margin: 0 0 0.9rem; overflow-wrap: anywhere; }
  h2 { font-size: 1.3rem; line-height: 1.3; letter-spacing: -0.01em; font-weight: 650; margin: 0 0 0.4rem; }
  h3 { font-size: 1rem; font-weight: 650; margin: 1.8rem 0 0.4rem; }
  p { margin: 0 0 1rem; }
  section { margin-top: 3.2rem; }
  .kicker { color: var(--muted); font-size: 0.85rem; margin: 0 0 0.3rem; }
  .verdict { font-size: 1.22rem; line-height: 1.5; max-width: 40em; margin: 0; text-wrap: pretty; }
  .lead { color: var(--muted); max-width: 42em; text-wrap: pretty; }
  .finding { max-width: 42em; text-wrap: pretty; }
  ul.finding { margin: 0.3rem 0 1rem; padding-left: 1.1rem; font-size: 0.94rem; }
  .missing { margin: 1.2rem 0 0; padding: 0.7rem 1rem; border-radius: 8px; background: var(--warn-panel); color: var(--warn); font-size: 0.94rem; }
  .headline { margin-top: 2.2rem; }
  .headline h2 { margin-bottom: 0.8rem; }
  .headline .plot { border-radius: 8px; overflow: hidden; }

  .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1.2rem 2rem; margin: 1.6rem 0 1.4rem; }
  .figures dt { color: var(--muted); font-size: 0.85rem; }
  .figures dd { margin: 0; }
  .figures .value { font-size: 1.5rem; font-weight: 600; letter-spacing: -0.015em; line-height: 1.35; white-space: nowrap; }
  .figures .note { color: var(--muted); font-size: 0.85rem; }

  .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.15rem; margin: 0.7rem 0; padding: 0; font-size: 0.88rem; }
  .legend li { display: inline-flex; align-items: center; gap: 0.4rem; max-width: 100%; overflow-wrap: anywhere; }
  .legend svg { flex: none; border-radius: 3px; overflow: hidden; }
  .legend .number { color: var(--muted); }

  figure { margin: 1.2rem 0 1.4rem; }
  .plot svg { display: block; }
  .plot text { fill: var(--ink); font-size: 13px; }
  .plot text.tick, .plot text.axis { fill: var(--muted); font-size: 12px; }
  .plot text.label.other { fill: var(--muted); }
  .plot text.label.best { fill: var(--accent); font-weight: 650; }
  .plot text.held-out { font-style: italic; }
  .plot text.on-piece { fill: var(--on-piece); font-size: 13px; }
  .plot text.on-piece.strong { font-weight: 650; font-size: 15px; }
  .grid { stroke: var(--grid); stroke-width: 1; }
  .zero { stroke: var(--muted); stroke-width: 1; }
  .link { stroke: var(--other); stroke-width: 1; stroke-dasharray: 2 3; }
  .interval { stroke: var(--other); stroke-width: 2; stroke-linecap: round; }
  .interval.best { stroke: var(--accent); stroke-width: 3; }
  .interval.thin { stroke-width: 1; stroke: var(--rule); }
  .slope { stroke: var(--other); stroke-width: 1.25; }
  .slope.best { stroke: var(--accent); stroke-width: 2.5; }
  .leader { stroke: var(--rule); stroke-width: 1; }
  .so-far { stroke: var(--other); stroke-width: 1.25; }
  .so-far.m0 { stroke: var(--c5); } .so-far.m1 { stroke: var(--c1); } .so-far.m2 { stroke: var(--c2); }
  .so-far.m3 { stroke: var(--c3); } .so-far.m4 { stroke: var(--c4); }
  .so-far.best { stroke: var(--accent); stroke-width: 2.5; stroke-linecap: square; }
  .level { stroke: var(--other); stroke-width: 1.25; stroke-dasharray: 1 4; stroke-linecap: round; }
  .level.best { stroke: var(--accent); stroke-width: 2.5; }
  .band { fill: var(--other); fill-opacity: 0.13; stroke: none; }
  .band.best { fill: var(--accent); }
  .band.m0 { fill: var(--c5); } .band.m1 { fill: var(--c1); } .band.m2 { fill: var(--c2); }
  .band.m3 { fill: var(--c3); } .band.m4 { fill: var(--c4); }
  .curve { fill: none; stroke: var(--other); stroke-width: 1.75; stroke-linejoin: round; }
  .curve.best { stroke: var(--accent); stroke-width: 2.75; }
  .curve.m0 { stroke: var(--c5); } .curve.m1 { stroke: var(--c1); } .curve.m2 { stroke: var(--c2); }
  .curve.m3 { stroke: var(--c3); } .curve.m4 { stroke: var(--c4); }
  .plot text.label.c0 { fill: var(--c5); } .plot text.label.c1 { fill: var(--c1); } .plot text.label.c2 { fill: var(--c2); }
  .plot text.label.c3 { fill: var(--c3); } .plot text.label.c4 { fill: var(--c4); }
  .solid { fill: var(--other); stroke: var(--page); stroke-width: 1; }
  .solid.best { fill: var(--accent); }
  .hollow { fill: var(--page); stroke: var(--other); stroke-width: 1.5; }
  .hollow.best { stroke: var(--accent); }
  .point { stroke: var(--page); stroke-width: 1; fill-opacity: 0.9; }
  .diverged { stroke: var(--ink); stroke-width: 1.75; fill: none; }
  .piece { stroke: var(--page); stroke-width: 1; }
  .pattern-ink { fill: var(--on-piece); fill-opacity: 0.35; }
  .hatch0 { fill: url(#stripes); }
  .hatch1 { fill: url(#dots); }
  .d0 { fill: var(--d0); } .d1 { fill: var(--d1); } .d2 { fill: var(--d2); } .d3 { fill: var(--d3); }
  .d4 { fill: var(--d4); } .d5 { fill: var(--d5); } .d6 { fill: var(--d6); } .d7 { fill: var(--d7); }
  .c0 { fill: var(--c0); } .c1 { fill: var(--c1); } .c2 { fill: var(--c2); }
  .c3 { fill: var(--c3); } .c4 { fill: var(--c4); } .c5 { fill: var(--c5); }
  .solid.other.m1 { fill: var(--c1); } .solid.other.m2 { fill: var(--c2); } .solid.other.m3 { fill: var(--c3); }
  .solid.other.m4 { fill: var(--c4); } .solid.other.m5 { fill: var(--other); } .solid.other.m0 { fill: var(--c5); }
  .slope.other.m1, .interval.other.m1 { stroke: var(--c1); } .slope.other.m2, .interval.other.m2 { stroke: var(--c2); }
  .slope.other.m3, .interval.other.m3 { stroke: var(--c3); } .slope.other.m4, .interval.other.m4 { stroke: var(--c4); }
  .slope.other.m0, .interval.other.m0 { stroke: var(--c5); }

  .s0 { --series: var(--c5); } .s1 { --series: var(--c2); } .s2 { --series: var(--c4); }
  .s3 { --series: var(--c1); } .s4 { --series: var(--c3); } .s5 { --series: var(--c0); }
  .sized-area { fill: var(--series); fill-opacity: 0.7; stroke: var(--page); stroke-width: 1; }
  .sized-band { fill: var(--series); fill-opacity: 0.2; stroke: none; }
  .sized-curve { fill: none; stroke: var(--series); stroke-width: 2.25; stroke-linejoin: round; }
  .sized-thin { fill: none; stroke: var(--series); stroke-width: 1; stroke-opacity: 0.5; }
  .sized-point { fill: var(--series); stroke: var(--page); stroke-width: 1; }
  .sized-faint { fill: var(--series); fill-opacity: 0.5; stroke: none; }

  .strips { display: grid; gap: 0.45rem; margin: 0.8rem 0 1.4rem; }
  .strip-row { display: grid; grid-template-columns: 3rem 1fr 12.5rem; gap: 0.9rem; align-items: center; }
  .strip-row.two { grid-template-columns: 7.5rem 1fr; }
  .strip-row .plot { border-radius: 4px; overflow: hidden; }
  .strip-name { display: flex; gap: 0.5rem; align-items: center; font-size: 0.9rem; overflow-wrap: anywhere; }
  .strip-note { color: var(--muted); font-size: 0.85rem; }

  .scroll { overflow-x: auto; margin: 0.9rem 0; }
  .scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  table { border-collapse: collapse; width: 100%; font-size: 0.88rem; line-height: 1.4; }
  th, td { padding: 0.42rem 0.9rem 0.42rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--rule); font-weight: 400; }
  th:last-child, td:last-child { padding-right: 0; }
  thead th { color: var(--muted); font-size: 0.8rem; vertical-align: bottom; }
  .number { text-align: right; }
  td.number { white-space: nowrap; }
  td.text { min-width: 8rem; }
  th.held-out { font-style: italic; }
  .heat td.number { padding: 0.35rem 0.7rem; border-bottom: 2px solid var(--page); }
  .heat .nats { display: block; }
  .heat .bits { display: block; font-size: 0.76rem; color: var(--muted); }
  .heat .uncertain .nats { color: var(--muted); }
  .lower1 { background: rgba(var(--cold), 0.05); } .lower2 { background: rgba(var(--cold), 0.11); }
  .lower3 { background: rgba(var(--cold), 0.18); } .lower4 { background: rgba(var(--cold), 0.25); }
  .lower5 { background: rgba(var(--cold), 0.33); }
  .higher1 { background: rgba(var(--warm), 0.05); } .higher2 { background: rgba(var(--warm), 0.11); }
  .higher3 { background: rgba(var(--warm), 0.18); } .higher4 { background: rgba(var(--warm), 0.25); }
  .higher5 { background: rgba(var(--warm), 0.33); }
  .caption { color: var(--muted); font-size: 0.82rem; max-width: 46em; }

  .facts { margin: 0.8rem 0; font-size: 0.94rem; }
  .facts div { display: grid; grid-template-columns: 9.5rem 1fr; gap: 1rem; padding: 0.4rem 0; border-top: 1px solid var(--rule); }
  .facts dt { color: var(--muted); }
  .facts dd { margin: 0; overflow-wrap: anywhere; }
  .notes .facts { font-size: 0.88rem; }
  .code { background: var(--panel); border-radius: 8px; padding: 0.7rem 1rem; }
  .code-label { color: var(--muted); font-size: 0.8rem; }
  pre { margin: 0.15rem 0 0; overflow-x: auto; font: 0.86rem/1.55 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
  details { margin: 0.8rem 0; }
  summary { cursor: pointer; color: var(--accent); font-size: 0.92rem; }

  @media (max-width: 40rem) {
    body { font-size: 15px; }
    main { padding: 2rem 1rem 3rem; }
    h1 { font-size: 1.7rem; }
    .verdict { font-size: 1.08rem; }
    .strip-row { grid-template-columns: 2.4rem 1fr; }
    .strip-row .strip-note { grid-column: 2; margin-top: -0.3rem; }
    .strip-row.two { grid-template-columns: 1fr; gap: 0.15rem; }
    .facts div { grid-template-columns: 1fr; gap: 0; }
  }
  @media print {
    :root { --page: #fff; --panel: #f4f4f4; }
    body { font-size: 10.5pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
    main { max-width: none; padding: 0; }
    section { margin-top: 1.6rem; }
    figure, .strips, tr, .headline, .code { break-inside: avoid; }
    h2, h3 { break-after: avoid; }
    .scroll { overflow: visible; }
    details:not([open]) { display: none; }
  }

  """
