// Budgets: what may be spent, what is spent, and what the period will come to (features.md N8).
import { Plus, Trash2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { client, type Schemas, useAnswer } from '../../ask'
import { useChoices } from '../../filter/bar'
import { drillTo } from '../../filter/filter'
import { useParameter } from '../../filter/useFilter'
import { Card } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { wrongOf } from '../../kit/inputs'
import { Dialog } from '../../kit/overlay'
import { Answered, Empty } from '../../kit/states'
import { useSession } from '../../session'
import { useWords } from '../../words'
import { ifMatch, useSaving, useVersioned, Wrong } from '../settings/editing'
import { Amount, Known } from './sums'

const TONES = { fine: 'good', warned: 'warn', over: 'bad', unknown: '' } as const

export default function Budgets() {
  const say = useWords('spend')
  const format = useFormat()
  const session = useSession()
  const [on, setOn] = useParameter('on')
  const [editing, setEditing] = useState(false)
  const progress = useAnswer(
    '/v1/budgets/progress',
    { params: { query: on ? { on } : {} } },
    { every: 60_000 },
  )
  const edits = session.may('manage_directory')
  return (
    <Card
      title={say('tab.budgets')}
      about={say('budgets.why')}
      tools={
        <>
          <label class="row">
            <span class="faint">{say('budgets.on')}</span>
            <input type="date" value={on} onInput={(event) => setOn(event.currentTarget.value || null)} />
          </label>
          {edits ? (
            <button type="button" onClick={() => setEditing(true)}>
              {say('budgets.edit')}
            </button>
          ) : null}
        </>
      }
    >
      <Answered query={progress} lines={6}>
        {(found) =>
          found.budgets.length ? (
            <div class="stack">
              <div class="grid budgets">
                {found.budgets.map((one) => (
                  <Budget key={keyOf(one.budget)} one={one} />
                ))}
              </div>
              <p class="faint small-text">
                {say('forecast_why')} {format.exactly(found.as_of)}
              </p>
            </div>
          ) : (
            <Empty
              title={say('budgets.none')}
              action={
                edits ? (
                  <button type="button" class="primary" onClick={() => setEditing(true)}>
                    {say('budgets.first')}
                  </button>
                ) : null
              }
            >
              {say('budgets.none_why')}
            </Empty>
          )
        }
      </Answered>
      {editing ? <Edit onClose={() => setEditing(false)} /> : null}
    </Card>
  )
}

const keyOf = (budget: Schemas['BudgetView']): string =>
  `${budget.every} ${budget.user} ${budget.team} ${budget.number}`

function Budget({ one }: { one: Schemas['BudgetProgress'] }) {
  const say = useWords('spend')
  const format = useFormat()
  const { budget, spent } = one
  const used = one.used ?? 0
  const whole = budget.name || (budget.user || budget.team || budget.number ? '?' : say('budgets.all'))
  const amount = <Amount amount={spent.value} currency={spent.currency} />
  return (
    <section class={`budget ${one.state}`} data-budget={keyOf(budget)}>
      <div class="spread">
        <h3>
          {whole} <span class="faint small-text">{say(`every.${budget.every}`)}</span>
        </h3>
        <span class={`tag ${TONES[one.state]}`}>{say(`state.${one.state}`)}</span>
      </div>
      <div class="spread">
        <span class="spent">
          {one.drill && spent.value !== null ? (
            <Link href={drillTo({ from: one.from_date, to: one.to_date }, one.drill)}>{amount}</Link>
          ) : (
            amount
          )}{' '}
          <span class="faint">
            {say('of')} <Amount amount={budget.amount} currency={budget.currency} />
          </span>
        </span>
        <b class="number">{one.used === null ? '–' : format.share(one.used, 0)}</b>
      </div>
      <div
        class="meter"
        role="meter"
        aria-label={say('used')}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.min(100, Math.round(used * 100))}
      >
        <span class={`fill ${TONES[one.state]}`} style={{ width: `${Math.min(100, used * 100)}%` }} />
        <span class="elapsed" style={{ insetInlineStart: `${one.elapsed * 100}%` }} title={say('elapsed')} />
      </div>
      <div class="spread small-text faint">
        <span>
          {format.day(one.from_date, { day: 'numeric', month: 'short' })} – {format.day(one.to_date)} ·{' '}
          {say('elapsed_share', { share: format.share(one.elapsed, 0) })}
        </span>
        <span class="row tiny">
          <Known value={spent} />
        </span>
      </div>
      <dl class="facts">
        <dt>{say('forecast')}</dt>
        <dd>
          <Amount amount={one.forecast} currency={budget.currency} />
        </dd>
        <dt>{say('left')}</dt>
        <dd>
          <Amount amount={one.left} currency={budget.currency} />
        </dd>
      </dl>
      {one.whole ? null : <p class="faint small-text">{say('not_whole')}</p>}
    </section>
  )
}

interface Draft {
  key: number
  of: string
  every: Schemas['BudgetBody']['every']
  amount: string
}

const EVERY = ['month', 'quarter', 'year'] as const
let drafts = 0

const draftOf = (budget?: Schemas['BudgetView']): Draft => {
  drafts += 1
  const of = budget?.user
    ? `user:${budget.user}`
    : budget?.team
      ? `team:${budget.team}`
      : budget?.number
        ? `number:${budget.number}`
        : ''
  return { key: drafts, of, every: budget?.every ?? 'month', amount: budget?.amount ?? '' }
}

function Edit({ onClose }: { onClose: () => void }) {
  const budgets = useVersioned('/v1/budgets')
  const say = useWords('spend')
  if (!budgets.data) {
    return (
      <Dialog title={say('budgets.edit')} onClose={onClose} kind="wide">
        <Answered query={budgets}>{() => null}</Answered>
      </Dialog>
    )
  }
  return (
    <EditForm
      key={budgets.data.etag}
      list={budgets.data.document}
      etag={budgets.data.etag}
      onClose={onClose}
      reload={() => void budgets.refetch()}
    />
  )
}

function EditForm({
  list,
  etag,
  onClose,
  reload,
}: {
  list: Schemas['BudgetList']
  etag: string
  onClose: () => void
  reload: () => void
}) {
  const say = useWords('spend')
  const kit = useWords('kit')
  const format = useFormat()
  const choices = useChoices()
  const [rows, setRows] = useState<Draft[]>(() =>
    list.budgets.length ? list.budgets.map(draftOf) : [draftOf()],
  )
  const saving = useSaving(['/v1/budgets', '/v1/budgets/progress'])
  const change = (key: number, patch: Partial<Draft>) =>
    setRows(rows.map((row) => (row.key === key ? { ...row, ...patch } : row)))
  const save = () =>
    saving.run(
      () =>
        client.PUT('/v1/budgets', {
          params: { header: ifMatch(etag) },
          body: {
            budgets: rows.map((row) => {
              const [kind, ...id] = row.of.split(':')
              return {
                every: row.every,
                amount: row.amount.trim().replace(',', '.'),
                ...(kind ? { [kind]: id.join(':') } : {}),
              }
            }),
          },
        }),
      onClose,
    )
  const groups: [string, { id: string; name: string }[]][] = [
    ['team', choices?.teams ?? []],
    ['user', choices?.users ?? []],
    ['number', choices?.numbers ?? []],
  ]
  return (
    <Dialog
      title={say('budgets.edit')}
      kind="wide"
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            {kit('cancel')}
          </button>
          <button type="button" class="primary" disabled={saving.busy} onClick={save}>
            {kit('save')}
          </button>
        </>
      }
    >
      <div class="stack">
        <p class="faint">{say('budgets.edit_why', { currency: format.currency })}</p>
        <Wrong error={saving.error} fields={rows.map((_, at) => `budgets.${at}`)} reload={reload} />
        {rows.map((row, at) => {
          const wrong = wrongOf(saving.error, `budgets.${at}`)
          return (
            <div class="tight" key={row.key}>
              <div class="budget-row">
                <select
                  aria-label={say('budgets.of')}
                  value={row.of}
                  onChange={(event) => change(row.key, { of: event.currentTarget.value })}
                >
                  <option value="">{say('budgets.all')}</option>
                  {groups.map(([kind, some]) =>
                    some.length ? (
                      <optgroup key={kind} label={say(`by.${kind as 'team'}`)}>
                        {some.map((one) => (
                          <option key={one.id} value={`${kind}:${one.id}`}>
                            {one.name || one.id}
                          </option>
                        ))}
                      </optgroup>
                    ) : null,
                  )}
                </select>
                <select
                  aria-label={say('budgets.every')}
                  value={row.every}
                  onChange={(event) =>
                    change(row.key, { every: event.currentTarget.value as Draft['every'] })
                  }
                >
                  {EVERY.map((one) => (
                    <option key={one} value={one}>
                      {say(`every.${one}`)}
                    </option>
                  ))}
                </select>
                <input
                  inputMode="decimal"
                  placeholder="250.00"
                  aria-label={say('amount')}
                  aria-invalid={Boolean(wrong)}
                  value={row.amount}
                  onInput={(event) => change(row.key, { amount: event.currentTarget.value })}
                />
                <button
                  type="button"
                  class="quiet"
                  onClick={() => setRows(rows.filter((one) => one.key !== row.key))}
                >
                  <Trash2 size={16} aria-hidden="true" />
                  <span class="unseen">{kit('delete')}</span>
                </button>
              </div>
              {wrong ? <p class="bad small-text">{wrong}</p> : null}
            </div>
          )
        })}
        <div>
          <button type="button" onClick={() => setRows([...rows, draftOf()])}>
            <Plus size={16} aria-hidden="true" /> {kit('add')}
          </button>
        </div>
      </div>
    </Dialog>
  )
}
