import { comparedSide } from './goals.ts';
import { NAMES } from './load/requests.ts';
import { formatNumber } from './progress.ts';
import type { Results } from './results.ts';

const WIDTH_PX = 760;
const LEFT_PX = 84;
const RIGHT_PX = 170;
const TOP_PX = 64;
const BAR_PX = 18;
const BAR_GAP_PX = 5;
const GROUP_TITLE_PX = 26;
const GROUP_GAP_PX = 18;

const GROUPS = ['create', 'get', 'list', 'change'] as const;
const SIDES = ['FastAPI', 'Go', 'ours, stock', 'ours', 'ceiling'] as const;

// GitHub shows the picture on the background of its light or dark theme.
const STYLE = `
    text { font: 13px -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .group { font-weight: 600; }
    .quiet { fill: #59636e; }
    .axis { stroke: #d1d9e0; }
    .FastAPI, .Go { fill: #afb8c1; }
    .ours { fill: #1f883d; }
    .ceiling { fill: #54aeff; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .quiet { fill: #9198a1; }
      .axis { stroke: #3d444d; }
      .FastAPI, .Go { fill: #656c76; }
      .ours { fill: #3fb950; }
      .ceiling { fill: #388bfd; }
    }`;

/** The rates of all sides as an SVG: a group of bars per operation, all on the same scale. */
export function chart(results: Results, rows: number): string {
  const compared = comparedSide(results);
  const sides = SIDES.filter((side) => results.rate(side, 'create') !== undefined);
  const highest = Math.max(
    ...GROUPS.flatMap((operation) => sides.map((side) => results.rate(side, operation) ?? 0)),
  );
  const scale = (WIDTH_PX - LEFT_PX - RIGHT_PX) / highest;
  const groupHeight = GROUP_TITLE_PX + sides.length * (BAR_PX + BAR_GAP_PX) + GROUP_GAP_PX;
  const height = TOP_PX + GROUPS.length * groupHeight;
  const groups = GROUPS.map((operation, at) => {
    const top = TOP_PX + at * groupHeight;
    const reference = results.rate('FastAPI', operation);
    const bars = sides.map((side, bar) => {
      const rate = results.rate(side, operation) ?? 0;
      const y = top + GROUP_TITLE_PX + bar * (BAR_PX + BAR_GAP_PX);
      const times = side === compared && reference ? ` · ${(rate / reference).toFixed(1)}× FastAPI` : '';
      return `  <text class="quiet" x="${LEFT_PX - 8}" y="${y + 13}" text-anchor="end">${side}</text>
  <rect class="${side.split(',')[0]}" x="${LEFT_PX}" y="${y}" width="${Math.max(rate * scale, 1).toFixed(1)}" height="${BAR_PX}" rx="2"/>
  <text x="${(LEFT_PX + rate * scale + 8).toFixed(1)}" y="${y + 13}">${formatNumber(Math.round(rate))}${times}</text>`;
    });
    return `  <text class="group" x="${LEFT_PX}" y="${top + 16}">${NAMES[operation]}</text>\n${bars.join('\n')}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH_PX} ${height}" width="${WIDTH_PX}" height="${height}" role="img" aria-label="Requests per second">
  <style>${STYLE}
  </style>
  <text class="title" x="${LEFT_PX}" y="24">Requests per second, ${formatNumber(rows)} incidents</text>
  <text class="quiet" x="${LEFT_PX}" y="44">${LEGEND.filter(([side]) => sides.includes(side))
    .map(([side, meaning]) => `${side}: ${meaning}`)
    .join(' · ')}</text>
  <line class="axis" x1="${LEFT_PX}" y1="${TOP_PX}" x2="${LEFT_PX}" y2="${height - GROUP_GAP_PX}"/>
${groups.join('\n')}
</svg>
`;
}

const LEGEND = [
  ['FastAPI', 'FastAPI, SQLAlchemy, asyncpg'],
  ['Go', 'net/http, pgx'],
  ['ours', 'this service'],
  ['ceiling', 'this service without a database (no-database ceiling)'],
] as const;
