// A quote made from a call, with the customer already known (features.md W11).
import { useState } from 'preact/hooks'
import { Link } from 'wouter-preact'
import { client, type Schemas, useChange } from '../../ask'
import { Check, Text, wrongOf } from '../../kit/inputs'
import { useToast } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { useSession } from '../../session'
import { useWords } from '../../words'

export function QuoteForm({ callId, onClose }: { callId: string; onClose: () => void }) {
  const say = useWords('interactions')
  const { me } = useSession()
  const tell = useToast()
  const [amount, setAmount] = useState('')
  const [brand, setBrand] = useState('')
  const [ordered, setOrdered] = useState(false)
  const change = useChange(
    (body: Schemas['DealBody']) => client.POST('/v1/deals', { body }),
    ['/v1/deals', '/v1/analytics/deals', '/v1/interactions/{id}'],
  )
  const make = (event: Event) => {
    event.preventDefault()
    const written = amount.trim().replace(/\s/g, '').replace(',', '.')
    change.mutate(
      {
        call_id: callId,
        brand: brand.trim(),
        state: ordered ? 'ordered' : 'quoted',
        amount: written ? { amount: written, currency: me.workspace.currency } : null,
      },
      {
        onSuccess: () => {
          tell(
            <>
              {say('quote_made')} <Link href="/app/quotes">{say('to_quotes')}</Link>
            </>,
          )
          onClose()
        },
      },
    )
  }
  return (
    <form class="form card" onSubmit={make}>
      <h3>{say('quote')}</h3>
      <div class="grid quote-fields">
        <Text
          label={say('amount', { currency: me.workspace.currency })}
          inputMode="decimal"
          value={amount}
          onChange={setAmount}
          wrong={wrongOf(change.error, 'amount')}
        />
        <Text label={say('brand')} value={brand} onChange={setBrand} wrong={wrongOf(change.error, 'brand')} />
      </div>
      <Check label={say('ordered_at_once')} checked={ordered} onChange={setOrdered} />
      {change.error && !change.error.errors.some((one) => /^(amount|brand)/.test(one.field)) ? (
        <Notice tone="bad">{change.error.detail || say('offline')}</Notice>
      ) : null}
      <div class="row">
        <button type="submit" class="primary" disabled={change.isPending}>
          {say('make_quote')}
        </button>
        <button type="button" onClick={onClose}>
          {say('cancel')}
        </button>
      </div>
    </form>
  )
}
