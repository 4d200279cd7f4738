extension PageScript {
  /// Elements, numbers as pages write them, and the clipboard.
  static let baseText = #"""
    const mixpipe = window.mixpipe = {};

    mixpipe.element = (name, attributes = {}, ...children) => {
      const svg = name.startsWith('svg:');
      const element = svg
        ? document.createElementNS('http://www.w3.org/2000/svg', name.slice(4))
        : document.createElement(name);
      for (const [key, value] of Object.entries(attributes)) {
        if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
        else if (value !== undefined && value !== null) element.setAttribute(key, value);
      }
      element.append(...children);
      return element;
    };

    mixpipe.data = id => {
      const element = document.getElementById(id);
      return element ? JSON.parse(element.textContent) : null;
    };

    mixpipe.plain = text => text.replace(/\u2212/g, '-').replace(/[\u202f\u00a0]/g, ' ').trim();

    // What a cell sorts by: its first number, durations in seconds, counts with their unit.
    mixpipe.number = text => {
      const plain = mixpipe.plain(text);
      if (/^(best|reference)\b/.test(plain)) return -Infinity;
      if (/diverged|\u221e/.test(plain)) return plain.startsWith('-') ? -Infinity : Infinity;
      const time = plain.match(/^(?:(\d+) h)? ?(?:(\d+) min)? ?(?:([\d.]+) s)?$/);
      if (time && time[0]) return 3600 * (time[1] || 0) + 60 * (time[2] || 0) + Number(time[3] || 0);
      const found = plain.match(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/i);
      if (!found) return NaN;
      const unit = plain.slice(found.index + found[0].length).match(/^[kMBT](?![a-z])/);
      const value = Number(found[0]) * (unit ? { k: 1e3, M: 1e6, B: 1e9, T: 1e12 }[unit[0]] : 1);
      if (plain.startsWith('<')) return value * (1 - 1e-9);
      return plain.startsWith('>') ? value * (1 + 1e-9) : value;
    };

    mixpipe.fixed = (value, digits = 4) => {
      if (!Number.isFinite(value)) return value > 0 ? '\u221e' : value < 0 ? '\u2212\u221e' : '\u2013';
      const text = Math.abs(value).toFixed(digits);
      return (value < 0 && Number(text) !== 0 ? '\u2212' : '') + text;
    };
    mixpipe.difference = (value, digits = 4) => {
      const text = mixpipe.fixed(value, digits);
      return value > 0 && Number(text) !== 0 ? '+' + text : text;
    };
    mixpipe.share = value => value > 0 && value < 0.0005
      ? '<\u202f0.1\u202f%' : mixpipe.fixed(value * 100, 1) + '\u202f%';

    mixpipe.copy = async (text, button) => {
      let copied = false;
      try {
        await navigator.clipboard.writeText(text);
        copied = true;
      } catch {
        const area = mixpipe.element('textarea', { class: 'off-screen', readonly: '' });
        area.value = text;
        document.body.append(area);
        area.select();
        copied = document.execCommand('copy');
        area.remove();
      }
      const label = button.textContent;
      button.textContent = copied ? 'Copied' : 'Could not copy';
      setTimeout(() => { button.textContent = label; }, 1500);
    };

    mixpipe.download = (text, name, type) => {
      const url = URL.createObjectURL(new Blob([text], { type }));
      const link = mixpipe.element('a', { href: url, download: name });
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    };

    mixpipe.slug = text =>
      text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '') || 'table';
    """#
}
