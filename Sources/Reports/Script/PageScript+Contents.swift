extension PageScript {
  /// Which section is being read, and opening what a link leads into.
  static let contentsText = #"""
    function reveal() {
      let target = null;
      try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch {}
      if (!target) return;
      for (let node = target; node; node = node.parentElement) {
        if (node.localName === 'details') node.open = true;
      }
      target.scrollIntoView({ block: target.localName === 'tr' ? 'center' : 'start' });
      if (target.localName === 'tr') {
        document.querySelectorAll('tr.found').forEach(row => row.classList.remove('found'));
        target.classList.add('found');
      }
    }
    addEventListener('hashchange', reveal);
    if (location.hash) reveal();

    const links = new Map([...document.querySelectorAll('nav.contents a')]
      .map(link => [document.getElementById(link.hash.slice(1)), link]));
    const observer = new IntersectionObserver(entries => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute('aria-current');
        links.get(entry.target)?.setAttribute('aria-current', 'true');
      }
    }, { rootMargin: '-10% 0px -75% 0px' });
    for (const section of links.keys()) if (section) observer.observe(section);
    """#
}
