"""Training in replicas and on several machines with `tf.distribute`; TensorFlow only."""

from keras_ranksim.distribute.chief_backup import ChiefBackup
from keras_ranksim.distribute.local_workers import run_workers
from keras_ranksim.distribute.workers import is_chief

__all__ = ["ChiefBackup", "is_chief", "run_workers"]
