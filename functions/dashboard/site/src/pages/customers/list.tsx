// Customers of the period, those with most contacts first; and a search by name or number.
import { FileDown, Search } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { type Schemas, useAnswer, usePages } from '../../ask'
import { pathId } from '../../ask/ids'
import { FilterBar } from '../../filter/bar'
import { drillTo, type Filter } from '../../filter/filter'
import { useFilter, useParameter } from '../../filter/useFilter'
import { MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Phone } from '../../kit/pieces'
import { Answered, Empty, Problem, Skeleton } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useSession } from '../../session'
import { Page } from '../../shell'
import { useFieldNames, useWords } from '../../words'
import { ExportDialog } from '../exports/dialog'
import { FilterChips } from '../interactions/chips'
import { Measure } from './measure'
import './customers.css'

type Line = Schemas['CustomerLine']
const USUAL: Filter = { preset: 'last_3_months' }
const BANDS = ['1', '2', '3', '4', '5-10', '>10'] as const
type Band = (typeof BANDS)[number]

const address = (id: string): string => `/app/customers/${pathId(id)}`

export function CustomerList() {
  const say = useWords('customers')
  const kit = useWords('kit')
  const format = useFormat()
  const { may } = useSession()
  const filtered = useFilter(USUAL)
  const [band, setBand] = useParameter('band')
  const [incoming] = useParameter('incoming')
  const [fresh] = useParameter('new')
  const [searched, setSearched] = useParameter('q')
  const [exporting, setExporting] = useState(false)
  const options = {
    ...(BANDS.includes(band as Band) ? { band: band as Band } : {}),
    ...(incoming === 'true' ? { incoming: true } : {}),
    ...(fresh ? { new: fresh === 'true' } : {}),
  }
  const list = usePages(
    '/v1/customers',
    (cursor) => ({ params: { query: { ...filtered.filter, ...options, ...(cursor ? { cursor } : {}) } } }),
    (page) => page.next,
  )
  const pages = list.data?.pages ?? []
  const [first] = pages
  const rows = pages.flatMap((page) => page.rows)
  return (
    <Page
      title={say('title')}
      tools={
        may('export') ? (
          <button type="button" onClick={() => setExporting(true)}>
            <FileDown size={16} aria-hidden="true" /> {kit('export')}
          </button>
        ) : undefined
      }
      bar={
        <div class="stack bars">
          <FilterBar
            filtered={filtered}
            fields={['users', 'teams', 'numbers', 'channels', 'directions']}
            meta={first?.meta}
          />
          <div class="row no-print">
            <SearchBox key={searched} searched={searched} search={(text) => setSearched(text || null)} />
            <label class="row">
              <span class="faint">{say('band')}</span>
              <select value={band} onChange={(event) => setBand(event.currentTarget.value || null)}>
                <option value="">{kit('all')}</option>
                {BANDS.map((one) => (
                  <option key={one} value={one}>
                    {one}
                  </option>
                ))}
              </select>
            </label>
          </div>
          <FilterChips filter={filtered.filter} set={filtered.set} />
        </div>
      }
    >
      {searched ? <Found searched={searched} /> : null}
      <section class="card">
        <header>
          <p class="counted" aria-live="polite">
            <b data-count={first?.count ?? ''}>
              {first ? say('count', { count: first.count, shown: format.count(first.count) }) : ''}
            </b>
            {first ? <MetaLine meta={first.meta} /> : null}
          </p>
        </header>
        {first ? (
          <>
            <Customers rows={rows} meta={first.meta} />
            {list.hasNextPage ? (
              <div class="more-rows no-print">
                <button
                  type="button"
                  disabled={list.isFetchingNextPage}
                  onClick={() => void list.fetchNextPage()}
                >
                  {kit('more')}
                </button>
              </div>
            ) : null}
          </>
        ) : list.error ? (
          <Problem error={list.error} retry={() => void list.refetch()} />
        ) : (
          <Skeleton lines={8} />
        )}
      </section>
      {exporting ? (
        <ExportDialog
          report="contacts"
          filter={filtered.filter}
          options={options}
          rows={first?.count}
          onClose={() => setExporting(false)}
        />
      ) : null}
    </Page>
  )
}

function Customers({ rows, meta }: { rows: Line[]; meta: Schemas['Meta'] }) {
  const say = useWords('customers')
  const field = useFieldNames()
  const format = useFormat()
  const metrics = rows[0]?.values.map((value) => value.metric) ?? []
  const columns: Column<Line>[] = [
    {
      id: 'customer',
      title: say('customer'),
      names: true,
      cell: (row) => (
        <>
          <Link href={address(row.id)}>{row.name || <Phone number={row.number} copy={false} />}</Link>
          {row.new ? <span class="tag accent"> {say('new')}</span> : null}
          {row.name ? (
            <div class="small-text">
              <Phone number={row.number} />
            </div>
          ) : null}
        </>
      ),
    },
    {
      id: 'contacts',
      title: say('contacts'),
      end: true,
      cell: (row) => <Link href={drillTo({ ...meta.filter }, row.drill)}>{format.count(row.contacts)}</Link>,
    },
    { id: 'last', title: say('last'), cell: (row) => <span class="nowrap">{format.at(row.last_at)}</span> },
    ...metrics.map((metric, at) => ({
      id: metric,
      title: field(metric),
      end: true,
      cell: (row: Line) =>
        row.values[at] ? <Measure value={row.values[at]} filter={meta.filter} customer={row.drill} /> : '',
    })),
  ]
  return (
    <Table
      label={say('title')}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.id}
      empty={<Empty title={say('nobody')}>{say('nobody_why')}</Empty>}
    />
  )
}

function SearchBox({ searched, search }: { searched: string; search: (text: string) => void }) {
  const say = useWords('customers')
  const [text, setText] = useState(searched)
  return (
    <form
      class="row search-customers"
      role="search"
      aria-label={say('search')}
      onSubmit={(event) => {
        event.preventDefault()
        search(text.trim())
      }}
    >
      <input
        type="search"
        placeholder={say('search')}
        aria-label={say('search')}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value)
          if (!event.currentTarget.value) search('')
        }}
      />
      <button type="submit">
        <Search size={16} aria-hidden="true" />
        <span class="unseen">{say('search')}</span>
      </button>
    </form>
  )
}

/** By name, company or address in the directory; a number, or four digits of it, among those who were in touch. */
function Found({ searched }: { searched: string }) {
  const say = useWords('customers')
  const { may } = useSession()
  const digits = searched.replace(/\D/g, '').length >= 4 && /^[+\d\s().-]+$/.test(searched)
  return (
    <section class="card" aria-label={say('found')}>
      <header>
        <h2>{say('found')}</h2>
      </header>
      {digits ? (
        <ByNumber number={searched} />
      ) : may('see_names') ? (
        <ByName name={searched} />
      ) : (
        <p class="faint">{say('no_names')}</p>
      )}
    </section>
  )
}

function ByNumber({ number }: { number: string }) {
  const say = useWords('customers')
  const found = useAnswer(
    '/v1/customers',
    { params: { query: { ...USUAL, remote: number, limit: 20 } } },
    { keep: false },
  )
  return (
    <Answered query={found} lines={3}>
      {(answer) => (
        <Hits
          hits={answer.rows.map((row) => ({ id: row.id, name: row.name, about: '', numbers: [row.number] }))}
          none={say('none_lately')}
        />
      )}
    </Answered>
  )
}

function ByName({ name }: { name: string }) {
  const say = useWords('customers')
  const found = useAnswer(
    '/v1/directory/contacts',
    { params: { query: { q: name, limit: 20 } } },
    { keep: false },
  )
  return (
    <Answered query={found} lines={3}>
      {(answer) => (
        <Hits
          hits={answer.contacts.map((one) => ({
            id: one.id,
            name: one.name,
            about: one.company,
            numbers: one.numbers,
          }))}
          none={say('none_named')}
        />
      )}
    </Answered>
  )
}

interface Hit {
  id: string
  name: string
  about: string
  numbers: readonly string[]
}

function Hits({ hits, none }: { hits: Hit[]; none: string }) {
  if (!hits.length) return <p class="faint">{none}</p>
  return (
    <ul class="plain hits">
      {hits.map((hit) => (
        <li key={hit.id} class="row">
          <Link href={address(hit.id)}>
            {hit.name || <Phone number={hit.numbers[0] ?? ''} copy={false} />}
          </Link>
          {hit.about ? <span class="faint">{hit.about}</span> : null}
          {hit.numbers.map((number) => (
            <Phone key={number} number={number} />
          ))}
        </li>
      ))}
    </ul>
  )
}
