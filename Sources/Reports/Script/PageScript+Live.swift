extension PageScript {
  /// A page of work that goes on loads itself anew, unless its reader is busy with it: what is open stays
  /// open, and the place stays where it is.
  static let liveText = #"""
    const { element } = mixpipe;
    const seconds = Number(document.body.dataset.refresh);
    const key = 'mixpipe ' + location.pathname;
    const opened = () => [...document.querySelectorAll('details')].map(details => details.open);
    let stored = null;
    try { stored = JSON.parse(sessionStorage.getItem(key)); } catch {}
    if (stored) {
      const all = document.querySelectorAll('details');
      if (stored.open.length === all.length) all.forEach((details, index) => { details.open = stored.open[index]; });
      scrollTo(0, stored.y);
    }
    let isPaused = Boolean(stored?.isPaused);
    const toggle = element('button', { type: 'button' });
    const show = () => { toggle.textContent = isPaused ? 'Go on reloading' : 'Stop reloading'; };
    toggle.addEventListener('click', () => { isPaused = !isPaused; show(); save(); });
    show();
    document.getElementById('live')?.append(' ', toggle);
    function save() {
      try {
        sessionStorage.setItem(key, JSON.stringify({ open: opened(), y: scrollY, isPaused }));
      } catch {}
    }
    let touched = 0;
    for (const event of ['pointerdown', 'keydown', 'input', 'wheel']) {
      addEventListener(event, () => { touched = Date.now(); }, { passive: true });
    }
    setInterval(() => {
      if (isPaused || document.hidden || Date.now() - touched < 8000) return;
      if (String(getSelection()) !== '') return;
      save();
      location.reload();
    }, seconds * 1000);
    """#
}
