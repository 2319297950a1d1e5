// SPDX-License-Identifier: Apache-2.0
import type { Point } from '../statistics.ts';
import { ticksUpTo } from './ticks.ts';

/** A picture of one or more panels side by side. */
export type Plot = { readonly title: string; readonly panels: readonly Panel[] };

export type Panel = {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** At most as many as there are colours: four. */
  readonly series: readonly Series[];
};

export type Series = { readonly label: string; readonly points: readonly Point[] };

const panelSize = { width: 440, height: 380 } as const;
const plane = { left: 62, right: 418, top: 110, bottom: 322 } as const;

/** An SVG picture that can be read on a light and on a dark page. */
export function drawPlot({ title, panels }: Plot): string {
  const width = panels.length * panelSize.width;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${panelSize.height}" width="${width}" height="${panelSize.height}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<style>${styles}</style>`,
    `<rect class="page" width="${width}" height="${panelSize.height}"/>`,
    `<text class="title" x="${plane.left}" y="28">${escape(title)}</text>`,
    ...panels.flatMap((panel, index) => [
      `<g transform="translate(${index * panelSize.width} 0)">`,
      ...drawPanel(panel),
      '</g>',
    ]),
    '</svg>',
    '',
  ].join('\n');
}

/** Colours told apart by people who see few, too; the marks differ as well. */
const styles = `
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 16px; font-weight: 600; }
.panel { font-size: 13px; font-weight: 600; }
.page { fill: #ffffff; }
.grid { stroke: #d8dee4; stroke-width: 1; }
.axis { stroke: #57606a; stroke-width: 1; }
.line { fill: none; stroke-width: 2; }
.s0 { stroke: #0b62c4; } .s1 { stroke: #c2410c; } .s2 { stroke: #15803d; } .s3 { stroke: #9333ea; }
.m0 { fill: #0b62c4; } .m1 { fill: #c2410c; } .m2 { fill: #15803d; } .m3 { fill: #9333ea; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.page { fill: #0d1117; }
.grid { stroke: #30363d; }
.axis { stroke: #8b949e; }
.s0 { stroke: #58a6ff; } .s1 { stroke: #ff9d5c; } .s2 { stroke: #56d364; } .s3 { stroke: #d2a8ff; }
.m0 { fill: #58a6ff; } .m1 { fill: #ff9d5c; } .m2 { fill: #56d364; } .m3 { fill: #d2a8ff; }
}
`;

function drawPanel(panel: Panel): readonly string[] {
  const points = panel.series.flatMap((series) => series.points);
  const xTicks = ticksUpTo(Math.max(...points.map(({ x }) => x)), 5);
  const yTicks = ticksUpTo(Math.max(...points.map(({ y }) => y)), 5);
  const scale = scaleFor(xTicks.at(-1) ?? 1, yTicks.at(-1) ?? 1);
  return [
    `<text class="panel" x="${plane.left}" y="56">${escape(panel.title)}</text>`,
    ...drawLegend(panel.series),
    ...drawAxes(panel, { xTicks, yTicks, scale }),
    ...panel.series.flatMap((series, index) => drawSeries(series, index, scale)),
  ];
}

type Scale = { readonly x: (value: number) => number; readonly y: (value: number) => number };

function scaleFor(greatestX: number, greatestY: number): Scale {
  const place = (fraction: number, from: number, to: number): number =>
    Number((from + fraction * (to - from)).toFixed(1));
  return {
    x: (value) => place(value / greatestX, plane.left, plane.right),
    y: (value) => place(value / greatestY, plane.bottom, plane.top),
  };
}

/** Two entries a line. */
function drawLegend(series: readonly Series[]): readonly string[] {
  return series.flatMap(({ label }, index) => {
    const x = plane.left + 6 + (index % 2) * 170;
    const y = 74 + Math.floor(index / 2) * 18;
    return [drawMark(index, x, y), `<text x="${x + 12}" y="${y + 4}">${escape(label)}</text>`];
  });
}

type Axes = { readonly xTicks: readonly number[]; readonly yTicks: readonly number[]; readonly scale: Scale };

function drawAxes({ xLabel, yLabel }: Panel, { xTicks, yTicks, scale }: Axes): readonly string[] {
  const { left, right, top, bottom } = plane;
  const line = (name: string, x1: number, y1: number, x2: number, y2: number): string =>
    `<line class="${name}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
  return [
    ...yTicks.flatMap((tick) => [
      line('grid', left, scale.y(tick), right, scale.y(tick)),
      `<text x="${left - 8}" y="${scale.y(tick) + 4}" text-anchor="end">${tick}</text>`,
    ]),
    ...xTicks.flatMap((tick) => [
      line('axis', scale.x(tick), bottom, scale.x(tick), bottom + 5),
      `<text x="${scale.x(tick)}" y="${bottom + 20}" text-anchor="middle">${tick}</text>`,
    ]),
    line('axis', left, bottom, right, bottom),
    line('axis', left, bottom, left, top),
    `<text x="${middleX}" y="${bottom + 42}" text-anchor="middle">${escape(xLabel)}</text>`,
    `<text transform="translate(18 ${middleY}) rotate(-90)" text-anchor="middle">${escape(yLabel)}</text>`,
  ];
}

function drawSeries({ points }: Series, index: number, scale: Scale): readonly string[] {
  const places = points.map(({ x, y }) => ({ x: scale.x(x), y: scale.y(y) }));
  return [
    `<polyline class="line s${index}" points="${places.map(({ x, y }) => `${x},${y}`).join(' ')}"/>`,
    ...places.map(({ x, y }) => drawMark(index, x, y)),
  ];
}

/** Circle, square, triangle and diamond. */
const shapes: readonly ((x: number, y: number) => string)[] = [
  (x, y) => `circle cx="${x}" cy="${y}" r="4"`,
  (x, y) => `rect x="${x - 4}" y="${y - 4}" width="8" height="8"`,
  (x, y) => `path d="M${x} ${y - 5}l5 9h-10z"`,
  (x, y) => `path d="M${x} ${y - 5}l5 5l-5 5l-5 -5z"`,
];

const drawMark = (index: number, x: number, y: number): string =>
  `<${shapes[index]?.(x, y) ?? 'circle'} class="m${index}"/>`;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
