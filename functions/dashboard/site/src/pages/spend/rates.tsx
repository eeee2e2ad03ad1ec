// Daily exchange rates: what charges in other currencies are worth in the workspace's (features.md N8).
import { useState } from 'preact/hooks'
import { client, queries, type Schemas, useAnswer } from '../../ask'
import { useParameter } from '../../filter/useFilter'
import { Card } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { useToast } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useWords } from '../../words'
import { FilePick, Mistakes, Refused, useTry } from './take'

type Imported = Schemas['Imported']
// Those that a table of one row a day has room for; the others are in the currency's own list.
const SHOWN = 8
const USUAL = ['USD', 'GBP', 'CHF', 'PLN', 'UAH', 'CZK', 'SEK', 'MXN', 'EUR']

export default function Rates() {
  const say = useWords('spend')
  const format = useFormat()
  const tell = useToast()
  const [from, setFrom] = useParameter('rates_from')
  const [to, setTo] = useParameter('rates_to')
  const [currency, setCurrency] = useParameter('currency')
  const [file, setFile] = useState<File | null>(null)
  const trial = useTry<Imported>()
  const stored = useAnswer('/v1/exchange-rates', {
    params: {
      query: {
        ...(from ? { from } : {}),
        ...(to ? { to } : {}),
        ...(/^[A-Z]{3}$/.test(currency) ? { currency } : {}),
      },
    },
  })
  const send = (chosen: File, dry: boolean) =>
    trial.run(() =>
      client.POST('/v1/exchange-rates/import', {
        params: { query: { dry_run: dry } },
        body: '',
        // The file's own bytes: its encoding is the API's to judge.
        bodySerializer: () => chosen,
        headers: { 'Content-Type': 'text/csv' },
      }),
    )
  const take = async () => {
    if (!file) return
    const done = await send(file, false)
    if (!done) return
    setFile(null)
    trial.clear()
    tell(say('exchange.taken', { count: done.created + done.changed }))
    await queries.invalidateQueries({ queryKey: ['/v1/exchange-rates'] })
  }
  const plan = trial.answer
  return (
    <Card
      title={say('tab.rates')}
      about={say('exchange.why')}
      tools={
        <FilePick
          label={say('exchange.import')}
          onPick={(chosen) => {
            setFile(chosen)
            void send(chosen, true)
          }}
        />
      }
    >
      <div class="stack">
        {file && (trial.error || plan) ? (
          <div class="tight" role="status">
            {trial.error ? <Refused error={trial.error} /> : null}
            {plan?.error_count ? (
              <Mistakes
                errors={plan.errors as { line?: number; reason?: string }[]}
                count={plan.error_count}
              />
            ) : null}
            {plan && !plan.error_count ? (
              <Notice tone="good">
                <div class="tight">
                  <span>
                    {say('exchange.plan', {
                      file: file.name,
                      lines: format.count(plan.lines),
                      created: format.count(plan.created),
                      changed: format.count(plan.changed),
                      unchanged: format.count(plan.unchanged),
                    })}
                  </span>
                  <div class="row">
                    <button type="button" class="primary" disabled={trial.busy} onClick={() => void take()}>
                      {say('import')}
                    </button>
                    <button type="button" onClick={() => setFile(null)}>
                      {say('leave')}
                    </button>
                  </div>
                </div>
              </Notice>
            ) : null}
          </div>
        ) : null}
        <form class="row no-print" onSubmit={(event) => event.preventDefault()}>
          <label class="row">
            <span class="faint">{say('from')}</span>
            <input type="date" value={from} onInput={(event) => setFrom(event.currentTarget.value || null)} />
          </label>
          <label class="row">
            <span class="faint">{say('to')}</span>
            <input type="date" value={to} onInput={(event) => setTo(event.currentTarget.value || null)} />
          </label>
          <label class="row">
            <span class="faint">{say('currency')}</span>
            <input
              class="code"
              maxLength={3}
              placeholder="USD"
              value={currency}
              onInput={(event) => setCurrency(event.currentTarget.value.toUpperCase() || null)}
            />
          </label>
        </form>
        <Answered query={stored} lines={8}>
          {(found) =>
            found.days.length ? (
              <DaysTable days={found.days} home={found.home} />
            ) : (
              <Empty title={say('exchange.none')}>{say('exchange.none_why')}</Empty>
            )
          }
        </Answered>
      </div>
    </Card>
  )
}

/** The workspace's currency first, then those that are used most, then by letter. */
export function currenciesOf(days: readonly Schemas['DayOfRates'][], home: string): string[] {
  const all = [...new Set(days.flatMap((day) => Object.keys(day.rates)))]
  const rank = (code: string) =>
    code === home ? -1 : USUAL.includes(code) ? USUAL.indexOf(code) : USUAL.length
  return all.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
}

function DaysTable({ days, home }: { days: readonly Schemas['DayOfRates'][]; home: string }) {
  const say = useWords('spend')
  const format = useFormat()
  const [every, setEvery] = useState(false)
  const all = currenciesOf(days, home)
  const shown = every ? all : all.slice(0, SHOWN)
  const columns: Column<Schemas['DayOfRates']>[] = [
    {
      id: 'day',
      title: say('day'),
      names: true,
      cell: (row) => <span class="nowrap">{format.day(row.day)}</span>,
    },
    { id: 'base', title: say('base'), cell: (row) => `1 ${row.base} =` },
    ...shown.map((code) => ({
      id: code,
      title: code,
      end: true,
      cell: (row: Schemas['DayOfRates']) =>
        row.rates[code] === undefined ? <span class="faint">–</span> : format.count(row.rates[code], 6),
    })),
  ]
  return (
    <div class="tight">
      <p class="faint small-text">{say('exchange.home', { home })}</p>
      <Table
        label={say('tab.rates')}
        columns={columns}
        rows={[...days].reverse()}
        rowKey={(row) => `${row.day} ${row.base}`}
      />
      {all.length > SHOWN ? (
        <button type="button" class="link" onClick={() => setEvery(!every)}>
          {every ? say('fewer') : say('all_currencies', { count: all.length })}
        </button>
      ) : null}
    </div>
  )
}
