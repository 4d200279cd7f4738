// Runs in the page that holds a report in a frame as it is printed. Returns what the paper would cut, a sentence each.
async function check(frame) {
  const page = frame.contentWindow.document;
  const upright = page.documentElement.clientWidth;
  const sideways = upright * 297 / 210;
  const faults = [];
  const isShown = element => element.checkVisibility() && element.getBoundingClientRect().width > 0;
  for (const table of page.querySelectorAll('table')) {
    if (!isShown(table)) continue;
    const limit = table.closest('.turned') ? sideways : upright;
    const right = table.getBoundingClientRect().right;
    if (right > limit + 1) faults.push(`cut at ${limit}, reaches ${Math.round(right)}: ` + table.textContent.trim().slice(0, 60));
  }
  for (const element of page.querySelectorAll('button, input, select, nav')) {
    if (isShown(element)) faults.push('of no use on paper: ' + element.textContent);
  }
  for (const label of page.querySelectorAll('.plot text')) {
    const box = label.getBoundingClientRect();
    if (isShown(label) && (box.left < -1 || box.right > upright + 1)) faults.push('cut: ' + label.textContent);
  }
  return faults;
}

async function checkAll() {
  const result = {};
  for (const frame of document.querySelectorAll('iframe')) {
    try {
      result[frame.style.width] = await check(frame);
    } catch (error) {
      result[frame.style.width] = ['the check itself failed: ' + error.stack];
    }
    frame.remove();
  }
  document.getElementById('result').textContent = JSON.stringify(result);
}
addEventListener('load', () => setTimeout(checkAll, 200));
