// Weekdays by hours from the answer of /v1/analytics/heatmap (features.md O15, O16).
import type { Schemas } from '../../ask'

type Heatmap = Schemas['Heatmap']
type Cell = Schemas['Cell']

export interface HeatRow {
  weekday: number
  /** How often this weekday lies in the range. */
  days: number
  cells: Cell[]
}

/** Rows in the answer's own order, Monday first. */
export function heatRows(answer: Heatmap): HeatRow[] {
  return Array.from({ length: 7 }, (_, at) => ({
    weekday: at + 1,
    days: answer.days[at] ?? 0,
    cells: answer.cells.filter((cell) => cell.weekday === at + 1).sort((a, b) => a.hour - b.hour),
  }))
}

/** 0 to 100: how warm a cell is beside the warmest. */
export function heatOf(cell: Cell, answer: Heatmap): number {
  const most = Math.max(0, ...answer.cells.map((one) => one.average ?? 0))
  return most > 0 ? Math.round(((cell.average ?? 0) / most) * 100) : 0
}

/** 1, 2, 3 for the three busiest cells, else 0. */
export function peakOf(cell: Cell, answer: Heatmap): number {
  return answer.peaks.findIndex((peak) => peak.weekday === cell.weekday && peak.hour === cell.hour) + 1
}
