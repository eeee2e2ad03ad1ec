// What was said and written: a recording to play, a transcript or message to read (features.md F49, N7). Each look
// is on record at the server, so nothing is asked for before somebody wants it.
import { Download, ExternalLink, FileText, Play } from 'lucide-preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { type AskError, answered, client, type Schemas } from '../../ask'
import { pathId } from '../../ask/ids'
import { useFormat } from '../../kit/format'
import { useToast } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { useTerms, useWords } from '../../words'

/** Asks once when it is told to; `auto` at once. */
function useLook<T>(ask: () => Promise<T>, auto: boolean) {
  const [state, setState] = useState<{ busy: boolean; found?: T; error?: AskError }>({ busy: false })
  const begun = useRef(false)
  const look = async () => {
    if (begun.current) return
    begun.current = true
    setState({ busy: true })
    try {
      setState({ busy: false, found: await ask() })
    } catch (error) {
      begun.current = false
      setState({ busy: false, error: error as AskError })
    }
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: looked at when it is shown, not when it is drawn again
  useEffect(() => {
    if (auto) void look()
  }, [])
  return { ...state, look }
}

function Refusal({ error }: { error: AskError }) {
  const say = useWords('interactions')
  return <Notice tone="warn">{error.detail || (error.status === 0 ? say('offline') : error.title)}</Notice>
}

interface RecordingProps {
  recordId: string
  media: Schemas['MediaView']
  auto?: boolean
}

export function RecordingPlayer({ recordId, media, auto = false }: RecordingProps) {
  const say = useWords('interactions')
  const format = useFormat()
  const [failed, setFailed] = useState(false)
  const { busy, found, error, look } = useLook(
    () =>
      answered(
        client.GET('/v1/interactions/{id}/recordings/{number}', {
          params: { path: { id: pathId(recordId), number: media.id } },
        }),
      ),
    auto,
  )
  const name = media.kind === 'voicemail' ? say('voicemail') : say('recording', { number: media.id })
  if (!found)
    return (
      <div class="tight" data-recording={media.id}>
        <div>
          <button type="button" disabled={busy} onClick={look}>
            <Play size={16} aria-hidden="true" />
            {say('play', { what: name })}
            {media.seconds === null ? null : (
              <span class="faint number">{format.seconds(media.seconds)}</span>
            )}
          </button>
        </div>
        {error ? <Refusal error={error} /> : null}
      </div>
    )
  const outside = (
    <a href={found.url} target="_blank" rel="noreferrer noopener">
      <ExternalLink size={14} aria-hidden="true" /> {say('open_at')}
    </a>
  )
  return (
    <div class="tight" data-recording={media.id}>
      <b>
        {name}{' '}
        {media.seconds === null ? null : <span class="faint number">{format.seconds(media.seconds)}</span>}
      </b>
      {found.needs_login ? (
        <p>{say('needs_login')}</p>
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: providers send no captions; the transcript stands beside it
        <audio
          controls
          autoplay
          preload="auto"
          src={found.url}
          aria-label={name}
          onError={() => setFailed(true)}
        />
      )}
      {failed ? <Notice tone="warn">{say('not_playable')}</Notice> : null}
      <p class="row small-text">
        {outside}
        {found.expires_at ? (
          <span class="faint">{say('until', { at: format.exactly(found.expires_at) })}</span>
        ) : null}
        {found.legal_hold ? <span class="faint">{say('legal_hold')}</span> : null}
      </p>
    </div>
  )
}

interface WordsProps {
  recordId: string
  channel: 'call' | 'message'
  auto?: boolean
}

/** The transcript of a call with its summary, or the text of a message. */
export function TextReader({ recordId, channel, auto = false }: WordsProps) {
  const say = useWords('interactions')
  const term = useTerms()
  const format = useFormat()
  const tell = useToast()
  const asked = { path: { id: pathId(recordId) }, query: { channel } } as const
  const { busy, found, error, look } = useLook(
    () =>
      answered(client.GET('/v1/interactions/{id}/transcript', { params: asked })) as Promise<
        Schemas['Transcript']
      >,
    auto,
  )
  const download = async () => {
    try {
      const text = await answered(
        client.GET('/v1/interactions/{id}/transcript', {
          params: { ...asked, query: { channel, format: 'text' } },
          parseAs: 'text',
        }),
      )
      const url = URL.createObjectURL(new Blob([text as string], { type: 'text/plain' }))
      const link = document.createElement('a')
      link.href = url
      link.download = `${recordId.replace(/[^\w.-]+/g, '-')}.txt`
      link.click()
      URL.revokeObjectURL(url)
    } catch (wrong) {
      tell((wrong as AskError).detail || say('offline'), true)
    }
  }
  if (!found)
    return (
      <div class="tight">
        <div>
          <button type="button" disabled={busy} onClick={look}>
            <FileText size={16} aria-hidden="true" />
            {say(channel === 'call' ? 'show_transcript' : 'read_message')}
          </button>
        </div>
        {error ? <Refusal error={error} /> : null}
      </div>
    )
  return (
    <div class="tight transcript">
      {found.summary.length ? (
        <div class="notice">
          <div>
            <b>{say('summary')}</b>
            {found.summary.map((line) => (
              <p key={line}>{line}</p>
            ))}
          </div>
        </div>
      ) : null}
      {found.lines.map((line, n) => {
        const who = line.name || (line.speaker ? term(`hangup.${line.speaker}`) : '')
        return (
          <p key={n} class={`line ${line.speaker}`}>
            {line.at_s === null ? null : <span class="faint number">{format.seconds(line.at_s)} </span>}
            {who ? <b>{who}: </b> : null}
            {line.text}
          </p>
        )
      })}
      {found.url ? (
        <a href={found.url} target="_blank" rel="noreferrer noopener">
          <ExternalLink size={14} aria-hidden="true" /> {say(found.needs_login ? 'text_at_login' : 'text_at')}
        </a>
      ) : null}
      <div>
        <button type="button" class="small" onClick={download}>
          <Download size={14} aria-hidden="true" /> {say('download_text')}
        </button>
      </div>
    </div>
  )
}
