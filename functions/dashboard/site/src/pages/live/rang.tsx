// A call that rings one's own phone is told on whatever page one is (features.md W8).
import { Phone as PhoneIcon } from 'lucide-preact'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { useToast } from '../../kit/overlay'
import { Phone } from '../../kit/pieces'
import { useSession } from '../../session'
import { useWords } from '../../words'
import type { Call } from './board'
import { ownTicket, useLine } from './line'
import { firstHeard, ringOnce, soundKept } from './rings'

function Rang({ call }: { call: Call }) {
  const say = useWords('live')
  return (
    <div class="tight" data-rings={call.id}>
      <b>
        <PhoneIcon size={15} aria-hidden="true" /> {say('rings_you')}
      </b>
      <span>
        {call.customer_name ? `${call.customer_name} ` : ''}
        <Phone number={call.anonymous ? 'anonymous' : call.customer_number} />
      </span>
      <span class="faint small-text">{call.queue || call.business_number_name || call.business_number}</span>
    </div>
  )
}

/** Says each call once, with a sound for who wants one. */
export function useAnnounced(): (calls: Call[]) => void {
  const tell = useToast()
  return useCallback(
    (calls) => {
      const fresh = firstHeard(calls)
      for (const call of fresh) tell(<Rang call={call} />)
      if (fresh.length && soundKept()) ringOnce()
    },
    [tell],
  )
}

function Listening({ userId }: { userId: string }) {
  const filter = useMemo(() => ({ users: [userId] }), [userId])
  useLine(ownTicket, filter, useAnnounced())
  return null
}

const SOON_MS = 5_000

/** Listens on every page but the live one, which hears for itself; in the tab that is looked at, once it has settled. */
export default function Rings() {
  const { me } = useSession()
  const [path] = useLocation()
  const [ready, setReady] = useState(false)
  useEffect(() => {
    let timer = setTimeout(setReady, SOON_MS, true)
    const follow = () => {
      clearTimeout(timer)
      if (document.visibilityState === 'visible') timer = setTimeout(setReady, SOON_MS, true)
      else setReady(false)
    }
    document.addEventListener('visibilitychange', follow)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', follow)
    }
  }, [])
  if (!ready || !me.workspace.analytics || path.startsWith('/app/live')) return null
  return <Listening userId={me.user.id} />
}
