// A quote made from a call that is looked up, and a quote that is changed.
import { Search } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useAnswer, useChange } from '../../ask'
import { pathId } from '../../ask/ids'
import { useFormat } from '../../kit/format'
import { Select, Text, wrongOf } from '../../kit/inputs'
import { Dialog, useToast } from '../../kit/overlay'
import { Notice, Phone, Way } from '../../kit/pieces'
import { Answered, Empty } from '../../kit/states'
import { useSession } from '../../session'
import { useWords } from '../../words'
import { QuoteForm } from '../interactions/quote'
import { type DealState, STATES } from './deals'

/** Which call the quote came of, then the quote itself. */
export function AddQuote({ onClose }: { onClose: () => void }) {
  const say = useWords('quotes')
  const format = useFormat()
  const [typed, type] = useState('')
  const [remote, look] = useState('')
  const [call, choose] = useState<string | null>(null)
  const calls = useAnswer('/v1/interactions', {
    params: {
      query: {
        preset: remote ? 'last_3_months' : 'last_7_days',
        channels: ['call'],
        outcomes: ['answered'],
        ...(remote ? { remote } : {}),
        limit: 12,
        columns: [
          'record_id',
          'direction',
          'started_at_utc',
          'remote_number',
          'remote_name',
          'user_name',
          'talk_s',
        ],
      },
    },
  })
  return (
    <Dialog title={say('add')} onClose={onClose}>
      {call ? (
        <QuoteForm callId={call} onClose={onClose} />
      ) : (
        <div class="stack">
          <p class="faint">{say('add.why')}</p>
          <form
            class="row call-search"
            onSubmit={(event) => {
              event.preventDefault()
              look(typed.trim())
            }}
          >
            <input
              type="search"
              aria-label={say('add.number')}
              placeholder={say('add.number')}
              value={typed}
              minLength={4}
              onInput={(event) => {
                type(event.currentTarget.value)
                if (!event.currentTarget.value) look('')
              }}
            />
            <button type="submit">
              <Search size={16} aria-hidden="true" /> {say('add.find')}
            </button>
          </form>
          <Answered query={calls} lines={6}>
            {(found) =>
              found.rows.length ? (
                <ul class="calls-to-choose">
                  {found.rows.map((row) => (
                    <li key={row.record_id}>
                      <button type="button" onClick={() => choose(row.record_id ?? null)}>
                        <Way channel="call" direction={row.direction ?? ''} />
                        <span class="who">
                          {row.remote_name || <Phone number={row.remote_number ?? ''} copy={false} />}
                        </span>
                        <span class="faint">{format.at(row.started_at_utc)}</span>
                        <span class="faint">{row.user_name}</span>
                        <span class="faint number">{format.seconds(row.talk_s)}</span>
                      </button>
                    </li>
                  ))}
                </ul>
              ) : (
                <Empty inline title={say('add.none')}>
                  {say('add.none.why')}
                </Empty>
              )
            }
          </Answered>
        </div>
      )}
    </Dialog>
  )
}

/** State, brand and amount of a quote that was entered here. */
export function EditQuote({ id, onClose }: { id: string; onClose: () => void }) {
  const say = useWords('quotes')
  const deal = useAnswer('/v1/deals/{id}', { params: { path: { id: pathId(id) } } }, { keep: false })
  return (
    <Dialog title={say('edit')} onClose={onClose}>
      <Answered query={deal}>{(found) => <Fields deal={found} onClose={onClose} />}</Answered>
    </Dialog>
  )
}

function Fields({ deal, onClose }: { deal: Schemas['DealView']; onClose: () => void }) {
  const say = useWords('quotes')
  const kit = useWords('kit')
  const tell = useToast()
  const { me } = useSession()
  const [state, setState] = useState<DealState>(deal.state)
  const [brand, setBrand] = useState(deal.brand)
  const [amount, setAmount] = useState(deal.amount === null ? '' : String(Number(deal.amount)))
  const currency = deal.currency || me.workspace.currency
  const change = useChange(
    (body: Schemas['DealPatch']) =>
      client.PATCH('/v1/deals/{id}', {
        params: { path: { id: pathId(deal.id) }, header: { 'If-Match': `"${deal.etag}"` } },
        body,
      }),
    ['/v1/deals', '/v1/deals/{id}', '/v1/analytics/deals', '/v1/interactions/{id}'],
  )
  const written = amount.trim().replace(/\s/g, '').replace(',', '.')
  const before = deal.amount === null ? '' : String(Number(deal.amount))
  const save = (event: Event) => {
    event.preventDefault()
    change.mutate(
      {
        ...(state === deal.state ? {} : { state }),
        ...(brand.trim() === deal.brand ? {} : { brand: brand.trim() }),
        ...(written === before ? {} : { amount: written ? { amount: written, currency } : null }),
      } as Schemas['DealPatch'],
      {
        onSuccess: () => {
          tell(say('changed'))
          onClose()
        },
      },
    )
  }
  const { error } = change
  return (
    <form class="form" onSubmit={save}>
      <p>
        <Phone number={deal.customer_number} /> {deal.customer_name}
      </p>
      <Select
        label={say('state')}
        why={state === 'quoted' && deal.state !== 'quoted' ? say('state.back') : undefined}
        value={state}
        options={STATES.map((one) => ({ id: one, name: say(`state.${one}`) }))}
        onChange={setState}
        wrong={wrongOf(error, 'state')}
      />
      <Text
        label={say('by.brand')}
        value={brand}
        maxLength={120}
        onChange={setBrand}
        wrong={wrongOf(error, 'brand')}
      />
      <Text
        label={say('amount_in', { currency })}
        inputMode="decimal"
        value={amount}
        onChange={setAmount}
        wrong={wrongOf(error, 'amount')}
      />
      {error && !error.errors.length ? (
        <Notice tone="bad">
          {error.status === 412 ? kit('changed') : error.detail || kit('offline.text')}
        </Notice>
      ) : null}
      <div class="row">
        <button type="submit" class="primary" disabled={change.isPending}>
          {kit('save')}
        </button>
        <button type="button" onClick={onClose}>
          {kit('cancel')}
        </button>
      </div>
    </form>
  )
}
