import { css } from '@emotion/css';
import { Button, Modal, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { t } from '../i18n';
import { ExampleList } from './ExampleList';
import { LabelBrowser } from './LabelBrowser';
import type { LabelSource } from './LabelSource';

interface Props {
  expr: string;
  source: LabelSource;
  /** A query was chosen that should be run. */
  onPick(expr: string): void;
}

/** Two ways to a query without writing one: labels to choose from, examples to begin with. */
export function Starters({ expr, source, onPick }: Props) {
  const styles = useStyles2(getStyles);
  const [dialog, setDialog] = useState<'browser' | 'examples'>();
  const close = () => setDialog(undefined);
  const pick = (chosen: string) => {
    close();
    onPick(chosen);
  };
  return (
    <>
      <Button variant="secondary" size="sm" icon="list-ul" onClick={() => setDialog('browser')}>
        {t('editor.labelBrowser', 'Label browser')}
      </Button>
      <Button variant="secondary" size="sm" icon="book" onClick={() => setDialog('examples')}>
        {t('editor.examples', 'Examples')}
      </Button>
      {dialog === 'browser' && <LabelBrowser source={source} onDismiss={close} onPick={pick} />}
      {dialog === 'examples' && (
        <Modal isOpen title={t('editor.examples', 'Examples')} className={styles.examples} onDismiss={close}>
          <ExampleList heading="h3" current={expr} onPick={pick} />
        </Modal>
      )}
    </>
  );
}

const getStyles = () => ({ examples: css({ width: 'min(1000px, 92vw)' }) });
