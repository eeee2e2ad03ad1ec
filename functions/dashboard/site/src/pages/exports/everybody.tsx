// What everybody exported: who, what, when, how many rows (features.md O49). Nothing here leads to a file.
import { useState } from 'preact/hooks'
import { type Schemas, usePages } from '../../ask'
import { Card } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Empty, Problem, Skeleton } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useWords } from '../../words'
import { Conditions } from './conditions'
import { RowCount, StateTag } from './progress'
import { useTitles } from './titles'

type Outline = Schemas['Outline']

export function Everybody() {
  const say = useWords('exports')
  const format = useFormat()
  const titles = useTitles()
  const [open, setOpen] = useState<string | null>(null)
  const pages = usePages(
    '/v1/exports/everybody',
    (before) => (before ? { params: { query: { before } } } : {}),
    (page) => page.next,
  )
  const rows = pages.data?.pages.flatMap((page) => page.exports) ?? []
  const columns: Column<Outline>[] = [
    { id: 'who', title: say('who'), names: true, cell: (one) => one.requester_name || one.requester },
    {
      id: 'what',
      title: say('what'),
      cell: (one) => (
        <button
          type="button"
          class="link"
          aria-expanded={open === one.id}
          onClick={() => setOpen(open === one.id ? null : one.id)}
        >
          {titles(one)}
        </button>
      ),
    },
    {
      id: 'at',
      title: say('asked_at'),
      cell: (one) => <span class="nowrap">{format.at(one.created_at)}</span>,
    },
    { id: 'state', title: say('state'), cell: (one) => <StateTag state={one.state} /> },
    {
      id: 'format',
      title: say('format'),
      cell: (one) =>
        `${say(`format.${one.format}` as 'format.csv')}${one.dialect === 'data' ? `, ${say('dialect.data')}` : ''}`,
    },
    { id: 'rows', title: say('fact.rows'), end: true, cell: (one) => <RowCount rows={one.rows} /> },
    { id: 'size', title: say('fact.size'), end: true, cell: (one) => format.bytes(one.size_bytes) },
  ]
  return (
    <Card title={say('tab.everybody')} about={say('everybody.about')}>
      {pages.data ? (
        <>
          <div class="export-table">
            <Table
              label={say('tab.everybody')}
              columns={columns}
              rows={rows}
              rowKey={(one) => one.id}
              expanded={(one) => (one.id === open ? <Conditions filter={one.filter} /> : null)}
              empty={<Empty title={say('downloads.none')} />}
            />
          </div>
          {pages.hasNextPage ? (
            <button
              type="button"
              disabled={pages.isFetchingNextPage}
              onClick={() => void pages.fetchNextPage()}
            >
              {say('more')}
            </button>
          ) : null}
        </>
      ) : pages.error ? (
        <Problem error={pages.error} retry={() => void pages.refetch()} />
      ) : (
        <Skeleton lines={6} />
      )}
    </Card>
  )
}
