/// What can be worked with, and what changes on a phone and on paper.
let controlStyles = """

  button, input, select {
    font: inherit; font-size: 0.82rem; color: var(--ink); background: var(--page);
    border: 1px solid var(--muted); border-radius: 6px; padding: 0.15rem 0.6rem;
  }
  button { cursor: pointer; } button:hover { border-color: var(--accent); color: var(--accent); }
  button:focus-visible, input:focus-visible, select:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  input[type=search] { width: 11rem; }
  input[type=range] { width: 100%; accent-color: var(--accent); padding: 0; border: 0; background: none; margin: 0; }
  .controls { display: flex; flex-wrap: wrap; gap: 0.5rem 0.9rem; align-items: center; font-size: 0.88rem; margin: 0.6rem 0; }
  .panel { background: var(--panel); border-radius: 8px; padding: 0.9rem 1rem; margin: 1rem 0; }
  .slider { display: grid; grid-template-columns: minmax(4.5rem, 8rem) minmax(0, 1fr) 4.6rem auto; gap: 0.3rem 0.8rem; align-items: center; font-size: 0.9rem; padding: 0.25rem 0; }
  .panel .scroll { background: none; }
  .panel .code { padding: 0.7rem 0 0; }
  .slider .name { overflow-wrap: anywhere; }
  .slider input[type=number] { width: 4.6rem; text-align: right; }
  .slider .held { font-size: 0.82rem; color: var(--muted); display: inline-flex; gap: 0.25rem; align-items: center; }
  .slider .range { position: relative; }
  .slider .also { position: absolute; height: 4px; bottom: -4px; background: var(--accent); border-radius: 2px; pointer-events: none; }
  .live { background: var(--panel); border-radius: 8px; padding: 0.8rem 1rem; margin: 1.2rem 0 0; font-size: 0.94rem; }
  .live p { margin: 0 0 0.4rem; }
  .live .running { display: grid; grid-template-columns: minmax(5rem, 12rem) minmax(0, 1fr); gap: 0.8rem; align-items: center; font-size: 0.88rem; overflow-wrap: anywhere; }
  progress { width: 100%; height: 8px; accent-color: var(--accent); }
  .answer { font-size: 1.05rem; margin: 0.8rem 0 0.4rem; }
  .answer strong { font-weight: 650; white-space: nowrap; }
  """

let mediaStyles = """

  @media (min-width: 74rem) {
    body.has-contents { display: grid; grid-template-columns: 14rem minmax(0, 54rem); justify-content: center; }
    body.has-contents > main { grid-column: 2; width: 100%; }
    body.has-contents > nav.contents { grid-column: 1; grid-row: 1; position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 4rem 0.5rem 2rem 1rem; }
  }
  @media (max-width: 73.99rem) {
    nav.contents { max-width: 54rem; margin: 0 auto; padding: 1.2rem 1.5rem 0; }
    nav.contents ol { display: flex; flex-wrap: wrap; gap: 0 1.1rem; }
    body.has-contents main { padding-top: 2rem; }
  }
  @media (max-width: 40rem) {
    body { font-size: 15px; }
    main { padding: 2rem 1rem 3rem; }
    nav.contents { padding: 1rem 1rem 0; }
    h1 { font-size: 1.7rem; }
    .verdict { font-size: 1.08rem; }
    .wide-only { display: none; }
    .narrow-only { display: initial; }
    .figures .value { font-size: 1.25rem; }
    ul.narrow-only { display: flex; }
    .plot.named { --right: 16px !important; }
    .plot.named .end, .plot.named .leader { display: none; }
    .plot.rows { --left: var(--narrow-left) !important; }
    .strip-row { grid-template-columns: 2.4rem minmax(0, 1fr); }
    .strip-row .strip-note { grid-column: 2; margin-top: -0.3rem; }
    .strip-row.two { grid-template-columns: minmax(0, 1fr); gap: 0.15rem; }
    .facts div { grid-template-columns: minmax(0, 1fr); gap: 0; }
    .slider { grid-template-columns: minmax(0, 1fr) 4.6rem auto; }
    .slider .range { grid-column: 1 / -1; grid-row: 2; }
    .panel { padding: 0.7rem 0.8rem; }
    .panel table { font-size: 0.82rem; }
    tbody th { position: sticky; left: 0; background: var(--page); max-width: 10rem; overflow-wrap: break-word; }
    .panel tbody th { background: var(--panel); }
    tr:target th, tr.found th { background: var(--panel); }
  }
  @page turned { size: landscape; }
  @media print {
    :root { --page: #fff; --panel: #f4f4f4; }
    body { font-size: 10.5pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; display: block; }
    main { max-width: none; padding: 0 0 0 8px; }
    section { margin-top: 1.6rem; }
    nav.contents, .table-bar, .code > button, .controls, .needs-script, .live button, #tip { display: none !important; }
    figure, .strips, tr, .headline, .code { break-inside: avoid; }
    p { orphans: 3; widows: 3; }
    /* A heading that holds a button's box does not stand again on the next page. */
    th button.sort { display: contents; }
    h2, h3, .lead, .legend, figcaption, summary { break-after: avoid; }
    .caption { break-before: avoid; }
    .scroll { overflow: visible; background: none; }
    /* A table wider than the paper is set smaller; one far wider stands on pages turned sideways. */
    .scroll[style] > table { zoom: var(--fit); }
    .scroll.turned { page: turned; }
    td.text { min-width: 0; }
    th, td { padding-right: 0.5rem; }
    .numbers td { white-space: normal; }
    table, table.dense { font-size: 0.78rem; }
    /* What is folded up is there on paper, but for tables of hundreds of rows. */
    details:not(.long)::details-content { content-visibility: visible; block-size: auto; }
    summary { list-style: none; }
    details.long:not([open]) summary::after { content: " (in the page itself)"; }
  }

  """
