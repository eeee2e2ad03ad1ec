// Rows and columns: headers that stay, numbers at the end, sorting that is said aloud, a box that scrolls by itself.
import { ArrowDown, ArrowUp, ArrowUpDown } from 'lucide-preact'
import { type ComponentChildren, Fragment } from 'preact'
import { useWords } from '../words'
import { Empty } from './states'
import './kit.css'

export type Order = 'asc' | 'desc'
export interface Sorting {
  by: string
  order: Order
}

export interface Column<Row> {
  id: string
  title: ComponentChildren
  /** An explanation beside the title, outside of the button that sorts. */
  about?: ComponentChildren
  cell: (row: Row) => ComponentChildren
  /** Numbers stand at the end. */
  end?: boolean
  /** What the header's button sorts by; without it the column cannot be sorted. */
  sorts?: boolean
  foot?: ComponentChildren
  /** The column that names the row. */
  names?: boolean
}

/** Whether a click was meant for something in the row; by its path, for what was clicked may be drawn anew by now. */
const ofControl = (event: Event): boolean =>
  event
    .composedPath()
    .some((one) => one instanceof Element && one.matches('a, button, input, select, label, audio'))

interface TableProps<Row> {
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  sorting?: Sorting
  onSort?: (sorting: Sorting) => void
  onPick?: (row: Row) => void
  /** A row below the row, when it is open. */
  expanded?: (row: Row) => ComponentChildren | null
  rowClass?: (row: Row) => string | undefined
  empty?: ComponentChildren
}

export function Table<Row>({
  label,
  columns,
  rows,
  rowKey,
  sorting,
  onSort,
  onPick,
  expanded,
  rowClass,
  empty,
}: TableProps<Row>) {
  const say = useWords('kit')
  if (!rows.length) return <>{empty ?? <Empty inline title={say('empty')} />}</>
  const sort = (id: string) =>
    onSort?.({ by: id, order: sorting?.by === id && sorting.order === 'desc' ? 'asc' : 'desc' })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <div class="table-box" tabIndex={0} role="region" aria-label={label}>
      <table class="rows">
        <caption class="unseen">{label}</caption>
        <thead>
          <tr>
            {columns.map((column) => {
              const active = sorting?.by === column.id
              const Icon = !active ? ArrowUpDown : sorting.order === 'asc' ? ArrowUp : ArrowDown
              return (
                <th
                  key={column.id}
                  scope="col"
                  class={column.end ? 'end' : undefined}
                  aria-sort={active ? (sorting.order === 'asc' ? 'ascending' : 'descending') : undefined}
                >
                  {column.sorts && onSort ? (
                    <button type="button" onClick={() => sort(column.id)}>
                      {column.title}
                      <Icon size={13} aria-hidden="true" />
                    </button>
                  ) : (
                    column.title
                  )}
                  {column.about}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const more = expanded?.(row)
            return (
              <Fragment key={rowKey(row)}>
                <tr
                  data-key={rowKey(row)}
                  class={[rowClass?.(row), onPick ? 'pickable' : ''].filter(Boolean).join(' ') || undefined}
                  onClick={
                    onPick
                      ? (event) => {
                          if (!ofControl(event)) onPick(row)
                        }
                      : undefined
                  }
                >
                  {columns.map((column) =>
                    column.names ? (
                      <th key={column.id} scope="row" class={column.end ? 'end' : undefined}>
                        {column.cell(row)}
                      </th>
                    ) : (
                      <td key={column.id} class={column.end ? 'end' : undefined}>
                        {column.cell(row)}
                      </td>
                    ),
                  )}
                </tr>
                {more ? (
                  <tr class="more">
                    <td colSpan={columns.length}>{more}</td>
                  </tr>
                ) : null}
              </Fragment>
            )
          })}
        </tbody>
        {columns.some((column) => column.foot !== undefined) ? (
          <tfoot>
            <tr>
              {columns.map((column, at) =>
                at === 0 ? (
                  <th key={column.id} scope="row">
                    {column.foot}
                  </th>
                ) : (
                  <td key={column.id} class={column.end ? 'end' : undefined}>
                    {column.foot}
                  </td>
                ),
              )}
            </tr>
          </tfoot>
        ) : null}
      </table>
    </div>
  )
}
