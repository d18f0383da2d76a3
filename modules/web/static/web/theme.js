// Owns the theme before the first paint: `auto` follows the system, and goes on following it while the page is open.

const page = document.documentElement;
const dark = window.matchMedia('(prefers-color-scheme: dark)');

function show() {
  const { themeChoice: choice } = page.dataset;
  page.dataset.bsTheme = choice === 'auto' ? (dark.matches ? 'dark' : 'light') : choice;
}

dark.addEventListener('change', show);
page.addEventListener('theme', show);
show();
