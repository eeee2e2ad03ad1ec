// Joining a call (features.md R38-R40): said first, on record, and done by the viewer's own telephony program.
import { Headphones } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { client, type Schemas, useChange } from '../../ask'
import { Switch } from '../../kit/choices'
import { Dialog } from '../../kit/overlay'
import { Notice, Phone } from '../../kit/pieces'
import { Problem } from '../../kit/states'
import { useWords } from '../../words'
import type { Call } from './board'

type Mode = Schemas['Mode']

// What runs in the page instead of opening a program; the server refuses these too.
const RUNS_HERE = /^(javascript|data|vbscript|blob|file):/i

/** The id of a call as it stands in a path (docs/api.md). */
function inPath(id: string): string {
  if (/^[A-Za-z0-9\-._:]+$/.test(id)) return id
  const bytes = new TextEncoder().encode(id)
  return `~${btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')}`
}

export function JoinDialog({ call, onClose }: { call: Call; onClose: () => void }) {
  const say = useWords('live')
  const kit = useWords('kit')
  const [mode, setMode] = useState<Mode>('listen')
  const join = useChange((chosen: Mode) =>
    client.POST('/v1/live/calls/{id}/supervise', {
      params: { path: { id: inPath(call.id) } },
      body: { mode: chosen },
    }),
  )
  const who = call.employees.map((one) => one.name).join(', ')
  const url = join.data && !RUNS_HERE.test(join.data.url) ? join.data.url : null
  return (
    <Dialog
      title={say('join.title', { who })}
      onClose={onClose}
      foot={
        <>
          <button type="button" onClick={onClose}>
            {kit(url ? 'close' : 'cancel')}
          </button>
          {url ? (
            <a class="button primary" href={url} data-handoff>
              <Headphones size={16} aria-hidden="true" /> {say('join.hand_over')}
            </a>
          ) : (
            <button type="button" class="primary" disabled={join.isPending} onClick={() => join.mutate(mode)}>
              {say('join.confirm')}
            </button>
          )}
        </>
      }
    >
      <div class="stack">
        <p>
          <Phone number={call.anonymous ? 'anonymous' : call.customer_number} copy={false} />{' '}
          {call.customer_name}
        </p>
        {url ? (
          <Notice tone="good">{say('join.ready')}</Notice>
        ) : (
          <>
            <Switch
              label={say('join.mode')}
              options={(['listen', 'whisper'] as const).map((id) => ({ id, name: say(`join.${id}`) }))}
              chosen={mode}
              onChange={setMode}
            />
            <p>{say(mode === 'listen' ? 'join.listen_about' : 'join.whisper_about')}</p>
            <p class="faint small-text">{say('join.on_record')}</p>
          </>
        )}
        {join.error ? <Problem error={join.error} /> : null}
      </div>
    </Dialog>
  )
}
