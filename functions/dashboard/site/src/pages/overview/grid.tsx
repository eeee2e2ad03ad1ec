// Hours of the day beside days, as coloured cells: a real table, walked with the arrow keys, each cell a link to its rows.

import { useRef, useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { UNKNOWN } from '../../kit/format'
import { clock } from './hours'

export interface GridCell {
  /** 0 to 100. */
  heat: number
  tone?: 'heat' | 'good' | 'bad' | 'none'
  /** What the cell says when it is pointed at: two or three short lines. */
  lines: string[]
  href?: string | null
  /** 1, 2, 3: among the busiest. */
  mark?: number
}

export interface GridRow {
  id: string
  name: string
  cells: (GridCell | null)[]
}

interface Props {
  label: string
  rows: GridRow[]
  /** The hour of the first column. */
  first?: number
}

export function HourGrid({ label, rows, first = 0 }: Props) {
  const table = useRef<HTMLTableElement>(null)
  const [at, setAt] = useState<[number, number]>([0, 0])
  const [shown, show] = useState<{ row: number; hour: number; x: number; y: number; toLeft: boolean } | null>(
    null,
  )
  const width = rows[0]?.cells.length ?? 24
  const point = (row: number, hour: number, element: HTMLElement) => {
    const cell = element.closest('td')
    const box = table.current
    if (!cell || !box) return
    show({
      row,
      hour,
      x: cell.offsetLeft + cell.offsetWidth / 2,
      y: cell.offsetTop + cell.offsetHeight,
      toLeft: cell.offsetLeft > box.offsetWidth / 2,
    })
  }
  const go = (row: number, hour: number) => {
    const next: [number, number] = [
      Math.min(Math.max(row, 0), rows.length - 1),
      Math.min(Math.max(hour, 0), width - 1),
    ]
    setAt(next)
    table.current?.querySelector<HTMLElement>(`[data-at="${next[0]}-${next[1]}"]`)?.focus()
  }
  const said = shown ? rows[shown.row]?.cells[shown.hour] : null
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: leaving the map takes its tooltip away; nothing is done by it
    <div class="hour-grid" onMouseLeave={() => show(null)}>
      <table
        ref={table}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table that is walked with the arrow keys is a grid
        role="grid"
        aria-label={label}
        onKeyDown={(event) => {
          const moves: Record<string, [number, number]> = {
            ArrowUp: [at[0] - 1, at[1]],
            ArrowDown: [at[0] + 1, at[1]],
            ArrowLeft: [at[0], at[1] - 1],
            ArrowRight: [at[0], at[1] + 1],
            Home: [at[0], 0],
            End: [at[0], width - 1],
          }
          const to = moves[event.key]
          if (event.key === 'Escape') show(null)
          if (!to) return
          event.preventDefault()
          go(...to)
        }}
        onFocusOut={() => show(null)}
      >
        <thead>
          <tr>
            <td />
            {Array.from({ length: width }, (_, hour) => (
              <th scope="col" key={hour} abbr={clock(first + hour)}>
                {(first + hour) % 3 === 0 ? first + hour : <span class="minor">{first + hour}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, line) => (
            <tr key={row.id}>
              <th scope="row">{row.name}</th>
              {row.cells.map((cell, hour) => {
                const attributes = {
                  'data-at': `${line}-${hour}`,
                  tabIndex: at[0] === line && at[1] === hour ? 0 : -1,
                  class: `cell ${cell?.tone ?? (cell ? 'heat' : 'none')}`,
                  style: { '--heat': `${cell?.heat ?? 0}%` },
                  // What is to be read in a cell is part of its name.
                  'aria-label': cell ? [cell.mark, ...cell.lines].filter(Boolean).join(', ') : UNKNOWN,
                  onMouseEnter: (event: MouseEvent) => point(line, hour, event.currentTarget as HTMLElement),
                  onFocus: (event: FocusEvent) => {
                    setAt([line, hour])
                    point(line, hour, event.currentTarget as HTMLElement)
                  },
                }
                const mark = cell?.mark ? <b aria-hidden="true">{cell.mark}</b> : null
                return (
                  <td key={hour} data-mark={cell?.mark || undefined}>
                    {cell?.href ? (
                      <Link href={cell.href} {...attributes}>
                        {mark}
                      </Link>
                    ) : (
                      <span role="img" {...attributes}>
                        {mark}
                      </span>
                    )}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {shown && said ? (
        <div
          class={shown.toLeft ? 'grid-tip to-left' : 'grid-tip'}
          style={{ left: `${shown.x}px`, top: `${shown.y}px` }}
          aria-hidden="true"
        >
          {said.lines.map((line, number) =>
            number === 0 ? <b key={line}>{line}</b> : <span key={line}>{line}</span>,
          )}
        </div>
      ) : null}
    </div>
  )
}
