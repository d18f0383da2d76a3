// Draws the chart of the first page: bars of open deals by stage in the page's own tokens, anew when the theme changes.

import { BarChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

echarts.use([BarChart, GridComponent, TooltipComponent, SVGRenderer]);

function token(name, className = '') {
  const probe = document.body.appendChild(document.createElement('i'));
  if (className) probe.className = className;
  probe.style.color = `var(${name})`;
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function draw(place, chart) {
  const rows = JSON.parse(place.dataset.chart);
  const width = Math.floor(place.clientWidth / rows.length) - 12; // a name takes what its bar has beside the next
  const text = { fontFamily: 'Inter Variable', fontSize: 12, color: token('--t-text-3') };
  chart.setOption({
    animation: false,
    grid: { left: 8, right: 8, top: 20, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'item', renderMode: 'richText', backgroundColor: token('--t-raised'), borderColor: token('--t-line'),
      textStyle: { ...text, color: token('--t-text') }, formatter: ({ dataIndex }) => `${rows[dataIndex].name}: ${rows[dataIndex].text}`,
    },
    xAxis: { type: 'category', data: rows.map((row) => row.name), axisTick: { show: false }, axisLine: { lineStyle: { color: token('--t-line-firm') } },
      axisLabel: { ...text, interval: 0, overflow: 'truncate', width } },
    yAxis: { type: 'value', splitNumber: 2, axisLabel: { show: false }, splitLine: { lineStyle: { color: token('--t-line') } } },
    series: [{
      type: 'bar', barMaxWidth: 40, itemStyle: { borderRadius: [4, 4, 0, 0] },
      data: rows.map((row) => ({ value: row.size, itemStyle: { color: token('--hue-solid', `t-hue-${row.hue}`) } })),
      label: { show: true, position: 'top', ...text, formatter: ({ dataIndex }) => rows[dataIndex].text },
    }],
  });
}

export function show(place) {
  const chart = echarts.init(place, null, { renderer: 'svg' });
  draw(place, chart);
  new ResizeObserver(() => { chart.resize(); draw(place, chart); }).observe(place);
  new MutationObserver(() => draw(place, chart)).observe(document.documentElement, { attributeFilter: ['data-bs-theme'] });
  place.dataset.drawn = '';
}
