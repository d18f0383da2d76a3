// Owns charts of a page: [data-chart] holds [{name, size, text, hue}], and the drawing, which is large, comes when one is in sight.
// The same figures stand in the table below each chart, which is what readers hear.

const seen = new IntersectionObserver(async (entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    const { show } = await import('./drawing.js');
    show(target);
  }
});
for (const place of document.querySelectorAll('[data-chart]')) seen.observe(place);
