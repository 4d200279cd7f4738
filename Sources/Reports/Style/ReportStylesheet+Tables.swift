/// Tables, and strips of mixtures.
let tableStyles = """

  .scroll {
    overflow-x: auto; margin: 0.3rem 0 1rem;
    /* A shadow at an edge beyond which the table goes on. */
    background:
      linear-gradient(to right, var(--page) 1rem, transparent 2.2rem) left / 2.2rem 100% no-repeat local,
      linear-gradient(to left, var(--page) 1rem, transparent 2.2rem) right / 2.2rem 100% no-repeat local,
      linear-gradient(to right, var(--rule), transparent) left / 0.8rem 100% no-repeat scroll,
      linear-gradient(to left, var(--rule), transparent) right / 0.8rem 100% no-repeat scroll;
  }
  .scroll:focus-visible, summary:focus-visible, .plot > svg:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  /* Borders of their own: joint ones are left behind by cells that stick. */
  table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 0.88rem; line-height: 1.4; }
  th, td { padding: 0.42rem 0.9rem 0.42rem 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--rule); font-weight: 400; }
  th:last-child, td:last-child { padding-right: 0; }
  thead th { color: var(--muted); font-size: 0.8rem; vertical-align: bottom; }
  table.dense { font-size: 0.8rem; }
  table.dense :is(th, td) { padding-right: 0.55rem; }
  table.dense tbody th { min-width: 3.2rem; }
  .number { text-align: right; }
  .numbers td { text-align: right; white-space: nowrap; }
  .numbers td.text { text-align: left; white-space: normal; }
  td.text { min-width: 8rem; }
  .numbers td.word { text-align: left; }
  table.brief tbody th { white-space: nowrap; }
  tbody th { min-width: 4.5rem; }
  th.held-out { font-style: italic; }
  tr:target, tr.found { background: var(--panel); outline: 2px solid var(--accent); outline-offset: -2px; }
  th button.sort { all: unset; cursor: pointer; }
  th button.sort:hover, th[aria-sort] button.sort { color: var(--ink); }
  th button.sort:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  th[aria-sort=ascending] button.sort::after { content: " ↑"; }
  th[aria-sort=descending] button.sort::after { content: " ↓"; }
  .table-bar { display: flex; flex-wrap: wrap; gap: 0.3rem 0.6rem; align-items: center; margin-top: 0.9rem; font-size: 0.82rem; color: var(--muted); }
  .table-bar .push { margin-left: auto; display: flex; gap: 0.4rem; }
  .heat td.number { padding: 0.35rem 0.7rem; }
  .heat .lower, .heat .higher { background-clip: padding-box; border-left: 2px solid var(--page); }
  .heat .nats { display: block; white-space: nowrap; }
  .heat .bits { display: block; font-size: 0.76rem; color: var(--muted); }
  .heat .lower .bits, .heat .higher .bits { color: var(--ink); }
  .heat .uncertain { color: var(--muted); }
  .lower { background: var(--lower); } .higher { background: var(--higher); }
  .caption { color: var(--muted); font-size: 0.82rem; max-width: 46em; }

  .strips { display: grid; gap: 0.45rem; margin: 0.8rem 0 1.4rem; }
  .strip-row { display: grid; grid-template-columns: 3rem minmax(0, 1fr) 12.5rem; gap: 0.9rem; align-items: center; }
  .strip-row.two { grid-template-columns: 7.5rem minmax(0, 1fr); }
  .strip-row .strip { border-radius: 4px; }
  .strip-name { display: flex; gap: 0.5rem; align-items: center; font-size: 0.9rem; overflow-wrap: anywhere; }
  .strip-note { color: var(--muted); font-size: 0.85rem; }

  .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.15rem; margin: 0.7rem 0; padding: 0; font-size: 0.88rem; }
  .legend li { display: inline-flex; align-items: center; gap: 0.4rem; max-width: 100%; overflow-wrap: anywhere; }
  .legend svg { flex: none; border-radius: 3px; overflow: visible; }
  .legend .number { color: var(--muted); }
  """
