// Runs in a page before its own scripts: hears of whatever goes wrong.
window.faults = [];
addEventListener('error', event => faults.push('error: ' + event.message));
addEventListener('unhandledrejection', event => faults.push('rejection: ' + event.reason));
document.addEventListener('securitypolicyviolation', event =>
  faults.push('asked the network for ' + event.blockedURI));
for (const name of ['error', 'warn']) {
  const own = console[name];
  console[name] = (...words) => { faults.push('console.' + name + ': ' + words.join(' ')); own(...words); };
}
