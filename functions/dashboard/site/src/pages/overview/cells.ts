// Hours of the service level as rows of a grid: by date or by weekday, only hours in which calls were offered.
import type { Schemas } from '../../ask'

type Cell = Schemas['ServiceCell']

export interface ServiceRowOfCells {
  id: string
  date: string | null
  weekday: number | null
  cells: (Cell | null)[]
}

export interface ServiceGrid {
  /** The hour of the first column. */
  first: number
  rows: ServiceRowOfCells[]
}

export function serviceGrid(cells: readonly Cell[]): ServiceGrid {
  if (!cells.length) return { first: 0, rows: [] }
  const hours = cells.map((cell) => cell.hour)
  const [first, last] = [Math.min(...hours), Math.max(...hours)]
  const keys = [...new Set(cells.map((cell) => cell.date ?? String(cell.weekday)))].sort()
  return {
    first,
    rows: keys.map((key) => {
      const mine = cells.filter((cell) => (cell.date ?? String(cell.weekday)) === key)
      return {
        id: key,
        date: mine[0]?.date ?? null,
        weekday: mine[0]?.weekday ?? null,
        cells: Array.from(
          { length: last - first + 1 },
          (_, at) => mine.find((cell) => cell.hour === first + at) ?? null,
        ),
      }
    }),
  }
}
