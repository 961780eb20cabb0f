/** A bar, and a mark further on, such as a median and a 90th percentile. */
export interface Bar {
  readonly key: string;
  readonly label: string;
  /** Undefined if it is not known. */
  readonly value: number | undefined;
  readonly mark?: number;
  /** The value in words. */
  readonly text: string;
}

const graphemes = new Intl.Segmenter();

const ROW_HEIGHT = 26;
const LABEL_LENGTH = 17;
const LABEL_WIDTH = 130;
const CHART_WIDTH = 470;
const TEXT_WIDTH = 150;
const BAR_WIDTH = CHART_WIDTH - LABEL_WIDTH - TEXT_WIDTH;

/** Horizontal bars. The table beside it has the same numbers: it is hidden from screen readers. */
export function BarChart({ title, bars }: { readonly title: string; readonly bars: readonly Bar[] }) {
  const largest = Math.max(1, ...bars.flatMap(({ value, mark }) => [value ?? 0, mark ?? 0]));
  const widthOf = (value: number) => (value / largest) * BAR_WIDTH;
  return (
    <figure class="page-chart">
      <figcaption>{title}</figcaption>
      <svg viewBox={`0 0 ${CHART_WIDTH} ${bars.length * ROW_HEIGHT}`} aria-hidden="true" focusable="false">
        {bars.map(({ key, label, value, mark, text }, index) => (
          <g key={key} transform={`translate(0 ${index * ROW_HEIGHT})`}>
            <text class="label" x={LABEL_WIDTH - 8} y={17}>
              {shorten(label)}
            </text>
            {mark !== undefined && (
              <line class="mark" x1={LABEL_WIDTH} x2={LABEL_WIDTH + widthOf(mark)} y1={13} y2={13} />
            )}
            {value !== undefined && (
              <rect
                class="bar"
                x={LABEL_WIDTH}
                y={5}
                width={Math.max(1, widthOf(value))}
                height={16}
                rx={2}
              />
            )}
            <text class="value" x={LABEL_WIDTH + widthOf(Math.max(value ?? 0, mark ?? 0)) + 6} y={17}>
              {text}
            </text>
          </g>
        ))}
      </svg>
    </figure>
  );
}

function shorten(label: string): string {
  const characters = Array.from(graphemes.segment(label), ({ segment }) => segment);
  return characters.length > LABEL_LENGTH ? `${characters.slice(0, LABEL_LENGTH - 1).join('')}…` : label;
}
