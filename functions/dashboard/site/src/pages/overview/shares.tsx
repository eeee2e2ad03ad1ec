// Parts of a whole as rows with a bar: outcomes, reasons, labels, brands.
import type { ComponentChildren } from 'preact'
import { Link } from 'wouter-preact'
import { useFormat } from '../../kit/format'
import { type Column, Table } from '../../kit/table'

export interface ShareRow {
  id: string
  name: ComponentChildren
  count: number
  /** As the API said it; null where it said none. */
  share: number | null
  /** Length of the bar where no share is said. */
  bar?: number
  href: string | null
  /** A colour of the theme. */
  color?: string
  more?: ComponentChildren[]
}

interface Props {
  label: string
  /** Heads of name, count and further columns. */
  columns: [string, string, ...string[]]
  rows: ShareRow[]
  total?: { name: string; count: number; href: string | null; more?: ComponentChildren[] }
  empty?: ComponentChildren
}

/** A number that leads to its rows where a filter says them, and there are any. */
export function Counted({ count, href }: { count: number; href: string | null }) {
  const format = useFormat()
  const text = format.count(count)
  return href && count ? <Link href={href}>{text}</Link> : <span>{text}</span>
}

export function Shares({ label, columns, rows, total, empty }: Props) {
  const format = useFormat()
  const lengthOf = (row: ShareRow) => row.share ?? row.bar ?? 0
  const most = Math.max(0, ...rows.map(lengthOf))
  const barred = rows.some((row) => row.share !== null || row.bar !== undefined)
  const made: Column<ShareRow>[] = [
    {
      id: 'name',
      title: columns[0],
      names: true,
      foot: total?.name,
      cell: (row) => (
        <span class="share-name">
          <span>{row.name}</span>
          {barred ? (
            <span class="share-bar" aria-hidden="true">
              <span
                style={{
                  width: `${most ? (lengthOf(row) / most) * 100 : 0}%`,
                  background: row.color ? `var(${row.color})` : undefined,
                }}
              />
            </span>
          ) : null}
        </span>
      ),
    },
    {
      id: 'count',
      title: columns[1],
      end: true,
      foot: total ? <Counted count={total.count} href={total.href} /> : undefined,
      cell: (row) => (
        <>
          <Counted count={row.count} href={row.href} />
          {row.share === null ? null : (
            <>
              {' '}
              <span class="faint share">{format.share(row.share)}</span>
            </>
          )}
        </>
      ),
    },
    ...columns.slice(2).map((title, at) => ({
      id: `more${at}`,
      title,
      end: true,
      foot: total?.more?.[at],
      cell: (row: ShareRow) => row.more?.[at] ?? null,
    })),
  ]
  return <Table label={label} columns={made} rows={rows} rowKey={(row) => row.id} empty={empty} />
}
