/// Charts. A series' colour is one variable, `--series`, set by the class that says which series it is.
let plotStyles = """

  figure { margin: 1.2rem 0 1.4rem; }
  .plot { padding: var(--top) var(--right) var(--bottom) var(--left); }
  .plot > svg { display: block; }
  .plot text { fill: var(--ink); font-size: 13px; }
  .plot text.tick, .plot text.axis { fill: var(--muted); font-size: 12px; }
  .plot text.label.other { fill: var(--muted); }
  .plot text.label.best { fill: var(--accent); font-weight: 650; }
  .plot text.held-out { font-style: italic; }
  .plot text.on-piece { fill: var(--on-piece); font-size: 13px; }
  .plot text.on-piece.strong { font-weight: 650; font-size: 15px; }
  .axis-name { color: var(--muted); font-size: 12px; line-height: 1.3; margin: 0; }
  .axis-name.up { margin: 0 0 10px calc(2px - var(--left)); }
  .axis-name.across { margin-top: 25px; text-align: center; }
  .narrow-only, ul.narrow-only { display: none; }
  .plot > ul.narrow-only { margin-left: calc(2px - var(--left)); }
  .small-multiples { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem 1.4rem; margin: 1rem 0; }
  .small-multiples figure { margin: 0; min-width: 0; }
  .small-multiples figcaption { font-size: 0.88rem; font-weight: 600; margin-bottom: 0.3rem; }
  .side-by-side { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; align-items: flex-start; }
  .side-by-side > figure { flex: 1 1 20rem; min-width: 0; }

  .m0 { --series: var(--c5); } .m1 { --series: var(--c1); } .m2 { --series: var(--c2); }
  .m3 { --series: var(--c3); } .m4 { --series: var(--c4); } .m5 { --series: var(--other); }
  .s0 { --series: var(--c5); } .s1 { --series: var(--c2); } .s2 { --series: var(--c4); }
  .s3 { --series: var(--c1); } .s4 { --series: var(--c3); } .s5 { --series: var(--c0); }
  .best { --series: var(--accent); }

  .grid { stroke: var(--grid); stroke-width: 1; }
  .zero { stroke: var(--muted); stroke-width: 1; }
  .link { stroke: var(--other); stroke-width: 1; stroke-dasharray: 2 3; }
  .interval { stroke: var(--series, var(--other)); stroke-width: 2; stroke-linecap: round; }
  .interval.best { stroke-width: 3; }
  .interval.thin { stroke-width: 1; stroke: var(--other); stroke-opacity: 0.45; }
  .interval.slim { stroke-width: 1.5; stroke-opacity: 0.6; }
  .slope { stroke: var(--series, var(--other)); stroke-width: 1.25; }
  .slope.best { stroke-width: 2.5; }
  .leader { stroke: var(--rule); stroke-width: 1; }
  .so-far { fill: none; stroke: var(--series, var(--other)); stroke-width: 1.25; }
  .so-far.best { stroke-width: 2.5; stroke-linecap: square; }
  .level { stroke: var(--series, var(--other)); stroke-width: 1.25; stroke-dasharray: 1 4; stroke-linecap: round; }
  .level.best { stroke-width: 2.5; }
  .diagonal { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 4 3; }
  .band { fill: var(--series, var(--other)); fill-opacity: 0.15; stroke: none; }
  .curve { fill: none; stroke: var(--series, var(--other)); stroke-width: 1.75; stroke-linejoin: round; }
  .curve.best { stroke-width: 2.75; }
  .curve.m1 { stroke-dasharray: 7 3; } .curve.m2 { stroke-dasharray: 2 3; } .curve.m3 { stroke-dasharray: 9 3 2 3; }
  .curve.m4 { stroke-dasharray: 4 2; } .curve.m5 { stroke-dasharray: 1 5; stroke-linecap: round; }
  .curve.best { stroke-dasharray: none; }
  .curve.pale { stroke: var(--other); stroke-width: 1; stroke-opacity: 0.5; }
  .solid { fill: var(--series, var(--other)); stroke: var(--page); stroke-width: 1; }
  .hollow { fill: var(--page); stroke: var(--series, var(--other)); stroke-width: 1.5; }
  .point { fill: var(--series, var(--other)); stroke: var(--page); stroke-width: 1; fill-opacity: 0.9; }
  .dots { fill: none; stroke: var(--series, var(--other)); stroke-width: 5; stroke-linecap: round; stroke-opacity: 0.55; }
  .dots.square { stroke-linecap: square; stroke-width: 4; }
  .hovered { stroke: var(--ink); stroke-width: 2; stroke-opacity: 1; }
  .diverged { stroke: var(--ink); stroke-width: 1.75; fill: none; }
  .piece { stroke: var(--page); stroke-width: 1; }
  .pattern-ink { fill: var(--on-piece); fill-opacity: 0.35; }
  .hatch0 { fill: url(#stripes); } .hatch1 { fill: url(#dots); }
  .d0 { fill: var(--d0); } .d1 { fill: var(--d1); } .d2 { fill: var(--d2); } .d3 { fill: var(--d3); }
  .d4 { fill: var(--d4); } .d5 { fill: var(--d5); } .d6 { fill: var(--d6); } .d7 { fill: var(--d7); }
  .sized-area { fill: var(--series); fill-opacity: 0.7; stroke: var(--page); stroke-width: 1; }
  .sized-band { fill: var(--series); fill-opacity: 0.2; stroke: none; }
  .sized-curve { fill: none; stroke: var(--series); stroke-width: 2.25; stroke-linejoin: round; }
  .sized-thin { fill: none; stroke: var(--series); stroke-width: 1; stroke-opacity: 0.5; }
  .sized-point { fill: var(--series); stroke: var(--page); stroke-width: 1; }
  .sized-faint { fill: var(--series); fill-opacity: 0.5; stroke: none; }
  .cell { stroke: none; fill: var(--accent); }
  .cell.near { stroke: var(--ink); stroke-width: 1; }
  .spot { fill: var(--accent); fill-opacity: 0; }
  .spot.hovered { fill-opacity: 1; }
  .ternary .plot { max-width: 24rem; }
  .ternary .pick { fill: var(--page); stroke: var(--ink); stroke-width: 1.75; }
  .ternary .trial { fill-opacity: 0.6; stroke: var(--ink); stroke-width: 1; }
  .plot text.corner { font-weight: 600; }
  .outline { fill: none; stroke: var(--muted); stroke-width: 1; }

  #tip {
    position: fixed; z-index: 10; max-width: min(24rem, calc(100vw - 16px)); pointer-events: none;
    background: var(--page); color: var(--ink); border: 1px solid var(--muted); border-radius: 8px;
    padding: 0.5rem 0.7rem; font-size: 0.82rem; line-height: 1.4; box-shadow: 0 4px 18px rgb(0 0 0 / 0.18);
  }
  #tip p { margin: 0; } #tip dl { margin: 0.2rem 0 0; display: grid; grid-template-columns: 1fr 1fr; gap: 0 0.9rem; }
  #tip dl div { display: flex; gap: 0.5rem; justify-content: space-between; }
  #tip dt { color: var(--muted); } #tip dd { margin: 0; }
  .tip-strip { display: flex; height: 10px; border-radius: 3px; overflow: hidden; margin-top: 0.4rem; }
  .d0-fill { background: var(--d0); } .d1-fill { background: var(--d1); } .d2-fill { background: var(--d2); }
  .d3-fill { background: var(--d3); } .d4-fill { background: var(--d4); } .d5-fill { background: var(--d5); }
  .d6-fill { background: var(--d6); } .d7-fill { background: var(--d7); }
  """
