import { LoadingPlaceholder } from '@grafana/ui';
import React, { Suspense, type ComponentType } from 'react';
import { t } from '../i18n';

/** Shows a placeholder while the chunk of a lazily loaded component is on its way. */
export function withLoading<P extends object>(Lazy: ComponentType<P>): ComponentType<P> {
  return function Loaded(props: P) {
    return (
      <Suspense fallback={<LoadingPlaceholder text={t('loading', 'Loading')} />}>
        <Lazy {...props} />
      </Suspense>
    );
  };
}
