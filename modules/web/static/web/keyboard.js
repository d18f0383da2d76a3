// Owns --t-hidden: how much of the page a phone's keyboard covers where the browser lays it over the page (Safari); elsewhere the
// page itself grows lower, as base.html asks with interactive-widget.

const seen = window.visualViewport;

function uncover() {
  if (seen.scale > 1) return; // looked at through a lens, the page stays as it is
  const hidden = Math.max(0, Math.round(window.innerHeight - seen.height));
  document.documentElement.style.setProperty('--t-hidden', `${hidden}px`);
  if (hidden) window.scrollTo(0, 0); // it was pushed up beyond what can be seen
}

seen?.addEventListener('resize', uncover);
